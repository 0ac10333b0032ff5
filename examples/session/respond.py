"""Repeats what a model of the Claude family responded on 2026-11-29: a model for `--model command:`.

It holds only what the model wrote. The function that the model was asked to improve is taken from the prompt.
"""

import re
import sys

FIRST = """
  row = mask = bit - 1
  for token in ref:
    matches = positions.get(token)
    if matches:
      common = row & matches
      row = (row + common) | (row - common)
      row &= mask
  return len(can) - bin(row).count("1")
"""
SECOND = """
  row = mask = bit - 1
  for matches in filter(None, map(positions.get, ref)):
    common = row & matches
    if common:
      row = (row + common) | (row - common)
  return len(can) - (row & mask).bit_count()
"""
LENGTH = '''
def _lcs_length(ref, can):
  """Length of the LCS. A bit of `row` is a token of `can`; a token of `ref` is two additions."""
  positions = {}
  bit = 1
  for token in can:
    positions[token] = positions.get(token, 0) | bit
    bit <<= 1
'''
prompt = sys.stdin.read()
function = re.search(r"^def _score_lcs.*?(?=^def )", prompt, re.DOTALL | re.MULTILINE)
shorter = re.sub(
    r"( +lcs_table = .*\n)? +lcs_length = .*\n",
    "  lcs_length = _lcs_length(target_tokens, prediction_tokens)\n",
    function[0],
)
print("Bit-parallel LCS: one integer in place of a row of the table.\n")
print(f"```python\n{shorter}{LENGTH.rstrip()}{SECOND if 'positions.get(token)' in prompt else FIRST}```")
