#!/usr/bin/env bash
# Makes echarts.js and licences.txt of what package-lock.json names, by its checksums; the same bytes each time. The tests'
# axe.min.js comes from there as well. Wants node 18 or later, and writes below target/ but for these three files.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
readonly HERE=$PWD WORK=$PWD/../../../target/echarts

mkdir -p "$WORK"
cp package.json package-lock.json parts.js "$WORK"
cd "$WORK"
npm ci --ignore-scripts --no-audit --no-fund --silent
node_modules/.bin/esbuild parts.js --outfile="$HERE/echarts.js" --log-level=warning \
    --bundle --minify --format=esm --target=es2022 --legal-comments=none \
    --banner:js='/*! A part of Apache ECharts; licences.txt beside this file says under what terms. */'

cp node_modules/axe-core/axe.min.js "$HERE/../../../crates/tools/e2e/tests/fixtures/axe.min.js"

heading() { printf '\n%s\n%s\n\n' "$1" "$(printf '%*s' "${#1}" '' | tr ' ' =)"; }
{
    echo "The page draws with a part of Apache ECharts, which is made of the following."
    heading "Apache ECharts, NOTICE" && cat node_modules/echarts/NOTICE && echo
    heading "Apache ECharts, LICENSE" && cat node_modules/echarts/LICENSE
    heading "zrender, LICENSE" && cat node_modules/zrender/LICENSE
    heading "tslib, LICENSE" && cat node_modules/tslib/LICENSE.txt
} >"$HERE/licences.txt"
