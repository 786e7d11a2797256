"""Keras: a functional model whose layers are named, and subclassed layers."""

import keras
import tensorflow as tf
from keras import layers
from tensorflow.keras.layers import LayerNormalization


def transformer_encoder(inputs, head_size, num_heads, ff_dim, dropout=0, index=0):
    x = layers.MultiHeadAttention(key_dim=head_size, num_heads=num_heads, dropout=dropout)(inputs, inputs)
    x = layers.LayerNormalization(epsilon=1e-6, name=f"encoder_{index}_attention_norm")(x)  # norm: layernorm constructor encoder_*_attention_norm
    res = x + inputs
    x = layers.Conv1D(filters=ff_dim, kernel_size=1, activation="relu")(res)
    x = keras.layers.LayerNormalization(epsilon=1e-6)(x)  # norm: layernorm constructor -
    return x + res


def build_model(input_shape, num_blocks):
    inputs = keras.Input(shape=input_shape)
    x = inputs
    for index in range(num_blocks):
        x = transformer_encoder(x, 64, 4, 128, index=index)
    x = layers.GroupNormalization(groups=8, name="pool_norm")(x)  # norm: groupnorm constructor pool_norm
    x = layers.BatchNormalization(name="bn")(x)
    x = layers.RMSNormalization(name="final_norm")(x)  # norm: rmsnorm constructor final_norm
    outputs = layers.Dense(10, activation="softmax")(x)
    return keras.Model(inputs, outputs)


class TransformerBlock(layers.Layer):
    def __init__(self, embed_dim, num_heads, ff_dim, rate=0.1, **kwargs):
        super().__init__(**kwargs)
        self.att = layers.MultiHeadAttention(num_heads=num_heads, key_dim=embed_dim)
        self.ffn = keras.Sequential([
            layers.Dense(ff_dim, activation="relu"),
            layers.LayerNormalization(),  # norm: layernorm constructor h.*.ffn.1
            layers.Dense(embed_dim),
        ])
        self.layernorm1 = layers.LayerNormalization(epsilon=1e-6)  # norm: layernorm constructor h.*.layernorm1
        self.layernorm2 = LayerNormalization(epsilon=1e-6, name="ln_2")  # norm: layernorm constructor h.*.ln_2

    def call(self, inputs, training=False):
        out1 = self.layernorm1(inputs + self.att(inputs, inputs))
        return self.layernorm2(out1 + self.ffn(out1))


class TFDecoder(tf.keras.layers.Layer):
    def __init__(self, config, **kwargs):
        super().__init__(**kwargs)
        self.h = [TransformerBlock(config.n_embd, 8, 1024, name=f"h_._{i}") for i in range(config.n_layer)]

    def build(self, input_shape):
        self.ln_f = tf.keras.layers.LayerNormalization(epsilon=1e-5, name="ln_f")  # norm: layernorm constructor ln_f
        super().build(input_shape)
