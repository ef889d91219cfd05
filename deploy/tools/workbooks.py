"""The programs that are not ours and read workbooks, for deploy/check-workbooks and deploy/check-corpus."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import warnings

try:
    import openpyxl
except ImportError:
    sys.exit("no openpyxl; run: apt-get install python3-openpyxl")

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
VALIDATOR = ROOT / "deploy/tools/ooxml/node_modules/.bin/ooxml-validator"
VALIDATE_LIMIT = 120  # seconds
CONVERT_LIMIT = 600  # seconds
MESSAGE_LENGTH = 1000


class Difference(Exception):
    """What is wrong with a workbook."""


def require():
    """Ends the program where one of the others is missing."""
    if shutil.which("soffice") is None:
        sys.exit("no soffice; run: apt-get install libreoffice-calc-nogui")
    if not VALIDATOR.exists():
        sys.exit("no ooxml-validator; run: npm install --no-save --prefix deploy/tools/ooxml")
    # The header's style has no name; openpyxl says so for each workbook.
    warnings.filterwarnings("ignore", module="openpyxl")


def validate(path):
    """Gives the errors that the Open XML SDK finds."""
    done = subprocess.run([VALIDATOR, str(path)], timeout=VALIDATE_LIMIT, capture_output=True, text=True)
    if done.returncode not in (0, 1):
        raise Difference(f"the validator ended with exit code {done.returncode}: {done.stderr}")
    return json.loads(done.stdout).get("errors", [])


def convert(books, to, scratch):
    """Has one LibreOffice convert all workbooks. Gives the directory of what it made, and the names there without endings, by
    workbook."""
    source, target = scratch / "in", scratch / "out"
    source.mkdir()
    names = {}
    for number, path in enumerate(books):
        names[path] = f"book{number}"  # many are named alike
        shutil.copyfile(path, source / f"book{number}.xlsx")
    done = subprocess.run(
        ["soffice", f"-env:UserInstallation={(scratch / 'profile').as_uri()}", "--headless", "--convert-to", to,
         "--outdir", str(target), *sorted(str(path) for path in source.iterdir())],
        timeout=CONVERT_LIMIT, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C.UTF-8"})
    if done.returncode != 0:
        sys.exit(f"soffice ended with exit code {done.returncode}: {done.stderr}")
    return target, names


def report(path, problem):
    print(f"{path}: {type(problem).__name__}: {problem}"[:MESSAGE_LENGTH], file=sys.stderr)
