# One workbook after the other with openpyxl in its mode for writing alone.
import argparse
import datetime
import math

PHRASES = ["異常なし", "清掃済み", "温度計を交換した", "扉が開いていた & 閉めた", "冷蔵庫 1", "checked", "needs <repair>", "第2倉庫 西側の棚"]
FIRST_DAY = datetime.datetime(2026, 1, 1)
KINDS = ["integer", "text", "text", "decimal", "dateTime", "date", "boolean", "text", "real", "decimal"]


def cell(i, j):
    """The cell of row i and column j: the data of data.go."""
    kind = KINDS[j % 10]
    if kind == "integer":
        return i * 20 + j
    if kind == "decimal":
        return ((i * 7 + j * 13) % 900 - 200) / 10
    if kind == "real":
        return math.sqrt(i * 3 + j)
    if kind == "date":
        return FIRST_DAY + datetime.timedelta(days=i % 365)
    if kind == "dateTime":
        return FIRST_DAY + datetime.timedelta(seconds=i * 60 + j)
    if kind == "boolean":
        return (i + j) % 7 != 0
    if j % 10 == 7 and i % 3 != 0:
        return None
    if j % 10 == 2:
        return "SN-%d" % (10_000_000 + i)
    return PHRASES[(i * 5 + j) % len(PHRASES)]


def arguments():
    parser = argparse.ArgumentParser()
    for name in ("books", "rows", "columns"):
        parser.add_argument("-" + name, type=int, default=1)
    parser.add_argument("-file")
    return parser.parse_args()


CODES = {"decimal": "#,##0.0", "date": "yyyy-mm-dd", "dateTime": "yyyy-mm-dd hh:mm:ss"}


def write(file, rows, columns):
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell

    book = Workbook(write_only=True)
    sheet = book.create_sheet("Sheet1")
    sheet.append(["列 %d" % (j + 1) for j in range(columns)])
    codes = [CODES.get(KINDS[j % 10]) for j in range(columns)]
    for i in range(rows):
        row = []
        for j in range(columns):
            value = cell(i, j)
            if codes[j]:
                styled = WriteOnlyCell(sheet, value=value)
                styled.number_format = codes[j]
                value = styled
            row.append(value)
        sheet.append(row)
    book.save(file)


if __name__ == "__main__":
    a = arguments()
    for _ in range(a.books):
        write(a.file, a.rows, a.columns)
