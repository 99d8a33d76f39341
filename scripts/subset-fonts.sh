#!/usr/bin/env bash
# Makes portal/static/fonts/: Sarabun in three weights, only the signs the portal writes, as WOFF2.
# The source is the pinned package fontpkg-sarabun; the same versions give the same bytes.
# Needs fonttools and brotli (both come with WeasyPrint). Run it from anywhere.
set -euo pipefail
cd "$(dirname "$0")/.."

python=${PYTHON:-.venv/bin/python}
source_dir=$("$python" -c 'import fontpkg_sarabun, pathlib; print(pathlib.Path(fontpkg_sarabun.__file__).parent)')
target_dir=portal/static/fonts
mkdir -p "$target_dir"

# Latin, no-break space, § « ° · » ×, Thai with ฿ and Thai digits, dashes, quotes, bullet, ellipsis,
# arrows, minus, at most, at least.
signs=U+0020-007E,U+00A0,U+00A7,U+00AB,U+00B0,U+00B7,U+00BB,U+00D7,U+0E01-0E3A,U+0E3F-0E5B
signs+=,U+2013,U+2014,U+2018,U+2019,U+201C,U+201D,U+2022,U+2026,U+2190-2193,U+2212,U+2264,U+2265

for weight in Regular SemiBold Bold; do
    "$python" -m fontTools.subset "$source_dir/files/Sarabun-$weight.ttf" \
        --unicodes="$signs" \
        --layout-features=ccmp,locl,liga,kern,mark,mkmk \
        --no-hinting \
        --flavor=woff2 \
        --output-file="$target_dir/sarabun-${weight,,}.woff2"
done
cp "$source_dir/LICENSE" "$target_dir/OFL.txt"
ls -l "$target_dir"
