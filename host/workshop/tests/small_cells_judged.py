"""Says how few rows of a recorded table share a combination of categories, by PyPI's pycanon.

small_cells_judged.py TABLE.ndjson COUNT CATEGORY...

COUNT is the column that says for how many devices a row stands, or - where each row is one device.
"""

import json
import sys

import pandas
from pycanon import anonymity

path, count, *categories = sys.argv[1:]
with open(path, encoding="utf-8") as file:
    lines = [line for line in file if not line.startswith("//")]
rows = [json.loads(line) for line in lines[1:]]
devices = [
    # A category that is missing is one as well; pandas would leave it out.
    [str(row.get(category, "(missing)")) for category in categories]
    for row in rows
    for _ in range(1 if count == "-" else row.get(count, 0))
]
print(anonymity.k_anonymity(pandas.DataFrame(devices, columns=categories), categories))
