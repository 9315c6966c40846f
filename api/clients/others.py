#!/usr/bin/env python3
"""Generates Java, Kotlin and Go clients of the committed document and looks at how wide they read money. Not part of .ci/proof:
it wants a JDK (17 or later) and a download of 30 MB.

    python3 api/clients/others.py

In each language every amount must be 64 bits: 450,000,000,000 (an order of 4.5 billion rupiah) doesn't fit into 32.
"""

import pathlib
import re
import shutil
import subprocess
import sys

from run import DOCUMENT, FOLDER, run

# The generator's jar comes with this package.
GENERATOR = "openapi-generator-cli==7.26.0"
# By language: where a quote's model is, what an amount must be, what none may be.
LANGUAGES = {
    "java": ("**/model/Quote.java", r"private Long {}\b", "Integer"),
    "kotlin": ("**/models/Quote.kt", r"val {}: kotlin\.Long", "kotlin.Int"),
    "go": ("model_quote.go", r"(?i)\b{}\s+int64\b", "int32"),
}
AMOUNTS = ("subtotal", "shipping", "discount", "total")


def main() -> None:
    if shutil.which("java") is None:
        sys.exit("java isn't here")
    folder = FOLDER / "others"
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "python").exists():
        run(sys.executable, "-m", "venv", folder / "python")
        run(folder / "python" / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check", GENERATOR)
    jar = next((folder / "python").glob("**/openapi-generator.jar"))
    wrong = []
    for language, (model, wide, narrow) in LANGUAGES.items():
        out = folder / language
        shutil.rmtree(out, ignore_errors=True)
        made = subprocess.run(
            ["java", "-Xmx1g", "-jar", jar, "generate", "-g", language, "-i", DOCUMENT, "-o", out],
            capture_output=True,
            text=True,
        )
        if made.returncode != 0:
            wrong.append(f"{language}: {made.stdout[-2000:]}{made.stderr[-2000:]}")
            continue
        text = next(pathlib.Path(out).glob(model)).read_text()
        wrong += [f"{language}: {name} isn't 64 bits" for name in AMOUNTS if not re.search(wide.format(name), text)]
        if narrow in text:
            wrong.append(f"{language}: a quote has {narrow}")
        print(f"{language}: amounts are 64 bits", flush=True)
    if wrong:
        sys.exit("\n".join(wrong))


if __name__ == "__main__":
    main()
