"""Writes sound.json: WAV files, and what transformers 5.18 makes of one of them for Whisper and for wav2vec 2.0.

    python make_sound.py

with NumPy and transformers; every run writes the same bytes.
"""

import base64
import io
import json
import struct
import wave
from pathlib import Path

import numpy as np
import transformers

RATE = 16_000


def wav(samples: np.ndarray, width: int, channels: int = 1, rate: int = RATE) -> bytes:
    """PCM by the standard library, from samples between -1 and 1."""
    largest = 2 ** (8 * width - 1)
    values = np.clip(np.round(samples * largest), -largest, largest - 1).astype(np.int64)
    data = b"".join(struct.pack("<q", int(value) + (128 if width == 1 else 0))[:width] for value in values)
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(channels)
        out.setsampwidth(width)
        out.setframerate(rate)
        out.writeframes(data)
    return file.getvalue()


def text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def main() -> None:
    rng = np.random.default_rng(0)
    time = np.arange(8_000) / RATE
    sound = 0.4 * np.sin(2 * np.pi * (200 + 1500 * time) * time) + 0.05 * rng.standard_normal(8_000)
    file = wav(sound, 2)
    samples = np.frombuffer(file[44:], dtype="<i2").astype(np.float32) / 2**15
    mel = transformers.WhisperFeatureExtractor(feature_size=10, chunk_length=1)(samples, sampling_rate=RATE, return_tensors="np")
    plain = transformers.Wav2Vec2FeatureExtractor(do_normalize=True)(samples, sampling_rate=RATE, return_tensors="np")
    few = np.array([-1, -0.5, 0, 0.25, 0.75, 0.5])
    golden = {
        "wav": text(file),
        "log_mel": text(mel["input_features"][0].astype("<f4").tobytes()),
        "standardised": text(plain["input_values"][0][:400].astype("<f4").tobytes()),
        "few": {f"{8 * width} bits, {channels} channels": text(wav(few, width, channels)) for width in (1, 2, 3, 4) for channels in (1, 2)},
    }
    (Path(__file__).parent / "sound.json").write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    main()
