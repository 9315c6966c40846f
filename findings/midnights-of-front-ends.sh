#!/usr/bin/env bash
# The midnight that ends "the day after the claim", as date libraries find it, where a clock change skips that midnight or
# has it twice. Valid input: instants and IANA zones of past days.
#
# Versions: npm dayjs 1.11.23, luxon 3.7.2, moment-timezone 0.6.6, date-fns 4.4.0 with @date-fns/tz 1.5.0,
#   @js-temporal/polyfill 0.5.1; PyPI pendulum 3.3.0, pytz 2026.6, arrow 1.4.0, zoneinfo of Python with tzdata 2026.6.
# Seen: dayjs names an instant one hour before the day's end where midnight is skipped (Beirut, Cairo: 21:00Z, not 22:00Z). Of a
#   midnight that comes twice (Havana, 2 November 2025) luxon, moment-timezone, pytz's localize and pendulum take the second, the others the
#   first: an hour apart. Santiago and the Azores: all agree.
# Who meets it: a front end or a report that works out a coupon's expiry from "after_claim" terms by itself. It shows another hour
#   than the coupon has, one that is already over, or still to come.
# What to do: show `expires_at` as the answer has it; never compute it again. (The first instant of the next day is the end of
#   this one: the first of two midnights, and the change itself where midnight is skipped.)
#
# Fails if any library answers otherwise than written here.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"

npm init -y > npm.log 2>&1
npm install --no-audit --no-fund dayjs@1.11.23 luxon@3.7.2 moment-timezone@0.6.6 date-fns@4.4.0 @date-fns/tz@1.5.0 \
  @js-temporal/polyfill@0.5.1 >> npm.log 2>&1
python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check pendulum==3.3.0 pytz==2026.6 arrow==1.4.0 tzdata==2026.6

cat > cases.json << 'JSON'
[["Asia/Beirut", "2022-03-25T10:00:00Z"], ["Africa/Cairo", "2025-04-23T10:00:00Z"], ["America/Santiago", "2025-09-05T12:00:00Z"],
 ["America/Havana", "2025-10-31T12:00:00Z"], ["Atlantic/Azores", "2025-03-28T12:00:00Z"]]
JSON

cat > midnights.js << 'JS'
const dayjs = require("dayjs");
dayjs.extend(require("dayjs/plugin/utc"));
dayjs.extend(require("dayjs/plugin/timezone"));
const { DateTime } = require("luxon");
const moment = require("moment-timezone");
const { addDays, startOfDay } = require("date-fns");
const { TZDate } = require("@date-fns/tz");
const { Temporal } = require("@js-temporal/polyfill");
// The start of the day after the next one: the claim's day and one more have passed.
const ways = {
  "dayjs": (at, zone) => dayjs.utc(at).tz(zone).add(2, "day").startOf("day").valueOf(),
  "luxon": (at, zone) => DateTime.fromISO(at, { zone }).plus({ days: 2 }).startOf("day").toMillis(),
  "moment-timezone": (at, zone) => moment.tz(at, zone).add(2, "day").startOf("day").valueOf(),
  "date-fns": (at, zone) => startOfDay(addDays(new TZDate(at, zone), 2)).getTime(),
  "temporal": (at, zone) =>
    Temporal.Instant.from(at).toZonedDateTimeISO(zone).add({ days: 2 }).startOfDay().epochMilliseconds,
};
for (const [zone, at] of require("./cases.json"))
  for (const [name, way] of Object.entries(ways))
    console.log(zone, name, new Date(way(at, zone)).toISOString().slice(0, 16) + "Z");
JS

cat > midnights.py << 'PY'
import datetime, json, os
os.environ["PYTHONTZPATH"] = ""
import arrow, pendulum, pytz, zoneinfo
midnight, utc = datetime.time(0), datetime.timezone.utc
for name, at in json.load(open("cases.json")):
    claimed = datetime.datetime.fromisoformat(at.replace("Z", "+00:00"))
    zone = zoneinfo.ZoneInfo(name)
    day = datetime.datetime.combine(claimed.astimezone(zone).date() + datetime.timedelta(days=2), midnight)
    for way, found in {
        "zoneinfo": day.replace(tzinfo=zone),
        "pytz": pytz.timezone(name).localize(day),
        "pendulum": pendulum.instance(claimed).in_timezone(name).add(days=2).start_of("day"),
        "arrow": arrow.get(claimed).to(name).shift(days=2).floor("day").datetime,
    }.items():
        print(name, way, found.astimezone(utc).strftime("%Y-%m-%dT%H:%MZ"))
PY

{ node midnights.js; python/bin/python midnights.py; } | sort > seen.txt

# The first instant of the next day, and who names another.
python3 - << 'PY' | sort > expected.txt
right = {"Asia/Beirut": "2022-03-26T22:00Z", "Africa/Cairo": "2025-04-24T22:00Z", "America/Santiago": "2025-09-07T04:00Z",
         "America/Havana": "2025-11-02T04:00Z", "Atlantic/Azores": "2025-03-30T01:00Z"}
others = {("Asia/Beirut", "dayjs"): "2022-03-26T21:00Z", ("Africa/Cairo", "dayjs"): "2025-04-24T21:00Z"}
others |= {("America/Havana", way): "2025-11-02T05:00Z" for way in ("luxon", "moment-timezone", "pytz", "pendulum")}
for zone, at in right.items():
    for way in ("dayjs", "luxon", "moment-timezone", "date-fns", "temporal", "zoneinfo", "pytz", "pendulum", "arrow"):
        print(zone, way, others.get((zone, way), at))
PY

if ! diff expected.txt seen.txt; then
  echo "midnights-of-front-ends: a library answers otherwise than it did (< then, > now)"
  exit 1
fi
echo "midnights-of-front-ends: as written: 6 of 45 answers are an hour off"
