"""The hidden data, found in the inputs

Tried: the host looks where inputs equal the hidden data, instance by instance, and a program returns that part.

Means: the labels are sent to the solution that should find them.

Change: leave the labels out of the inputs: sample returns (inputs, hidden).
"""

KIND = "labels"
FINDING = "C006"
VARIANTS = ()


def attack(honest, variant, *inputs):
    return at(inputs, variant["path"]) if "path" in variant else variant["constant"]
