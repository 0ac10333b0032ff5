"""Repeats what a model of the Claude family responded on 2026-12-01: a model for `--model command:`.

It holds only what the model wrote. Each response is for the function that the prompt asks to improve.
"""

import re
import sys

LCS = '''Bit-parallel LCS: a row of the table is one integer.

```python
def _score_lcs(target_tokens, prediction_tokens):
  if not target_tokens or not prediction_tokens:
    return scoring.Score(precision=0, recall=0, fmeasure=0)

  lcs_length = _lcs_length(target_tokens, prediction_tokens)

  precision = lcs_length / len(prediction_tokens)
  recall = lcs_length / len(target_tokens)
  fmeasure = scoring.fmeasure(precision, recall)

  return scoring.Score(precision=precision, recall=recall, fmeasure=fmeasure)


def _lcs_length(ref, can):
  """Length of the LCS. A bit of `row` is a token of `can`."""
  positions = {}
  bit = 1
  for token in can:
    positions[token] = positions.get(token, 0) | bit
    bit <<= 1
  row = mask = bit - 1
  for matches in filter(None, map(positions.get, ref)):
    common = row & matches
    if common:
      row = (row + common) | (row - common)
  return len(can) - bin(row & mask).count("1")
```'''
TOKENS = """The tokens are the runs of ASCII letters and digits, which one findall gives.

```python
import re

_TOKENS_RE = re.compile(r"[a-z0-9]+")


def tokenize(text, stemmer):
  tokens = _TOKENS_RE.findall(six.ensure_str(text.lower()))
  if stemmer:
    # Only stem words more than 3 characters long.
    tokens = [six.ensure_str(stemmer.stem(x)) if len(x) > 3 else x
              for x in tokens]
    tokens = [x for x in tokens if VALID_TOKEN_RE.match(x)]
  return tokens
```"""
prompt = sys.stdin.read()
print(LCS if re.search(r"^def _score_lcs", prompt, re.MULTILINE) else TOKENS)
