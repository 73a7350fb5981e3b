#!/usr/bin/env bash
# Builds echarts.js and licences.txt from the packages in package-lock.json. The checksums are verified and the result is
# reproducible. Also copies axe.min.js for the tests. Needs node 18 or later. Everything else is written below target/.
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
