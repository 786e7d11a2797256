"""A Swin transformer: stages made by loops, with norms in patch merging and per stage."""

import torch
import torch.nn as nn
import torch.utils.checkpoint as checkpoint

from timm.layers import DropPath, to_2tuple, trunc_normal_


class WindowAttention(nn.Module):
    def __init__(self, dim, window_size, num_heads):
        super().__init__()
        self.qkv = nn.Linear(dim, dim * 3)

    def forward(self, x):
        return self.qkv(x)


class SwinTransformerBlock(nn.Module):
    def __init__(self, dim, input_resolution, num_heads, window_size=7, act_layer=nn.GELU, norm_layer=nn.LayerNorm):  # norm: layernorm reference -
        super().__init__()
        self.norm1 = norm_layer(dim)  # norm: layernorm variable layers.*.blocks.*.norm1
        self.attn = WindowAttention(dim, window_size=to_2tuple(window_size), num_heads=num_heads)
        self.norm2 = norm_layer(dim)  # norm: layernorm variable layers.*.blocks.*.norm2

    def forward(self, x):
        return x + self.attn(self.norm1(x))


class PatchMerging(nn.Module):
    def __init__(self, input_resolution, dim, norm_layer=nn.LayerNorm):  # norm: layernorm reference -
        super().__init__()
        self.reduction = nn.Linear(4 * dim, 2 * dim, bias=False)
        self.norm = norm_layer(4 * dim)  # norm: layernorm variable layers.*.downsample.norm

    def forward(self, x):
        return self.reduction(self.norm(x))


class BasicLayer(nn.Module):
    def __init__(self, dim, input_resolution, depth, num_heads, norm_layer=nn.LayerNorm, downsample=None, use_checkpoint=False):  # norm: layernorm reference -
        super().__init__()
        self.blocks = nn.ModuleList([
            SwinTransformerBlock(dim=dim, input_resolution=input_resolution, num_heads=num_heads, norm_layer=norm_layer)
            for i in range(depth)])
        if downsample is not None:
            self.downsample = downsample(input_resolution, dim=dim, norm_layer=norm_layer)
        else:
            self.downsample = None

    def forward(self, x):
        for blk in self.blocks:
            x = checkpoint.checkpoint(blk, x) if self.use_checkpoint else blk(x)
        return x


class PatchEmbed(nn.Module):
    def __init__(self, img_size=224, embed_dim=96, norm_layer=None):
        super().__init__()
        self.proj = nn.Conv2d(3, embed_dim, kernel_size=4, stride=4)
        if norm_layer is not None:
            self.norm = norm_layer(embed_dim)  # norm: layernorm variable patch_embed.norm
        else:
            self.norm = None

    def forward(self, x):
        x = self.proj(x).flatten(2).transpose(1, 2)
        if self.norm is not None:
            x = self.norm(x)
        return x


class SwinTransformer(nn.Module):
    def __init__(self, img_size=224, embed_dim=96, depths=[2, 2, 6, 2], num_heads=[3, 6, 12, 24],
                 norm_layer=nn.LayerNorm, patch_norm=True):  # norm: layernorm reference layers.*.blocks.*.norm1
        super().__init__()
        self.num_layers = len(depths)
        self.patch_embed = PatchEmbed(img_size=img_size, embed_dim=embed_dim, norm_layer=norm_layer if patch_norm else None)
        self.layers = nn.ModuleList()
        for i_layer in range(self.num_layers):
            layer = BasicLayer(dim=int(embed_dim * 2 ** i_layer),
                               input_resolution=(img_size // (2 ** i_layer), img_size // (2 ** i_layer)),
                               depth=depths[i_layer],
                               num_heads=num_heads[i_layer],
                               norm_layer=norm_layer,
                               downsample=PatchMerging if (i_layer < self.num_layers - 1) else None)
            self.layers.append(layer)
        self.norm = norm_layer(embed_dim * 8)  # norm: layernorm variable norm
        self.apply(self._init_weights)

    def _init_weights(self, m):
        if isinstance(m, nn.Linear):
            trunc_normal_(m.weight, std=.02)
        elif isinstance(m, nn.LayerNorm):
            nn.init.constant_(m.bias, 0)
            nn.init.constant_(m.weight, 1.0)

    @torch.jit.ignore
    def no_weight_decay(self):
        return {'absolute_pos_embed'}

    def forward(self, x):
        x = self.patch_embed(x)
        for layer in self.layers:
            x = layer(x)
        return self.norm(x)
