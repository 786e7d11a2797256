/** What a script imports to capture norm inputs; a Python file that names it is one to be run. */
export const captureModule = "normlens_capture";

/** A script that its user completes: it captures norm inputs into the file that it is given. */
export const scriptTemplate = `"""Captures what goes into the norm layers of your model.

Complete the two lines that end with dots, save this file, and choose "NormLens: Capture from Python..." again while it is open:
it runs with the Python that is selected, and what it captures is fitted and shown.
"""

import sys

import torch

import ${captureModule} as normlens

model = ...  # with its weights, as it is used
batch = ...  # input that it is meant for

model.eval()
with torch.no_grad(), normlens.capture(model, sys.argv[1], max_tokens=2048):
    model(batch)
`;
