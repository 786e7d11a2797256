"""Writes fits.json: fits of scipy.optimize.curve_fit over single elements, for test/analysis/golden.test.ts.

python fits.py > fits.json    (numpy, scipy)
"""

import json

import numpy as np
from scipy.optimize import curve_fit
from scipy.special import erf

ROWS, CHANNELS, EPS = 1000, 64, 1e-5

CURVES = {
    "tanh": (np.tanh, 1.0),
    "erf": (erf, 0.83),
    "isru": (lambda z: z / np.sqrt(1 + z * z), 0.8),
    "arctan": (lambda z: 2 / np.pi * np.arctan(np.pi * z / 2), 0.64),
    "softsign": (lambda z: z / (1 + np.abs(z)), 0.5),
    "hardtanh": (lambda z: np.clip(z, -1, 1), 0.9),
}


def rows():
    """The same numbers as `rows` in golden.test.ts."""
    i = np.arange(ROWS * CHANNELS, dtype=np.float64)
    token = np.repeat(np.arange(ROWS, dtype=np.float64), CHANNELS)
    noise = np.sin(0.61 * i) + np.sin(1.37 * i + 0.5) + np.sin(2.93 * i + 1.1) + np.sin(5.03 * i + 2)
    return (np.exp(0.9 * np.sin(1.7 * token)) * (noise + 0.4)).astype(np.float32).reshape(ROWS, CHANNELS)


def main():
    x = rows().astype(np.float64)
    y = (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + EPS)
    x, y = x.ravel(), y.ravel()

    def r2(prediction):
        return float(1 - ((prediction - y) ** 2).mean() / y.var())

    def fit(curve, start):
        parameters, _ = curve_fit(curve, x, y, p0=start, xtol=1e-13, ftol=1e-15, maxfev=50_000)
        return [float(value) for value in parameters], r2(curve(x, *parameters))

    (alpha, gain, offset), pooled = fit(lambda x, a, g, d: g * np.tanh(a * x) + d, [0.5, 1.5, 0])
    (unit,), unit_r2 = fit(lambda x, a: np.tanh(a * x), [1])
    families = []
    for name, (curve, ratio) in CURVES.items():
        (a, s, g, d), value = fit(lambda x, a, s, g, d: g * curve(a * x + s) + d, [alpha * ratio, 0.05, gain, 0])
        families.append({"name": name, "alpha": a, "shift": s, "gain": g, "offset": d, "r2": value})
    fits = {
        "fit": {"alpha": alpha, "gain": gain, "offset": offset, "r2": pooled},
        "unitGain": {"alpha": unit, "r2": unit_r2},
        "families": families,
    }
    print(json.dumps(fits, indent=2))


main()
