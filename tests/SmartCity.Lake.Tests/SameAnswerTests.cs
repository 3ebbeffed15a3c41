namespace SmartCity.Lake.Tests;

/// <summary>A statement gives the same in the lake as on the same rows in Postgres, to the last byte of text, or it does not run in the lake.</summary>
[Collection(LakeCityTests.Name)]
public class SameAnswerTests(LakeCity city)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    // Columns as they are kept, and the parts of the city's own time on days on which the clocks change.
    [InlineData("select id, captured_at, station_id, lane, direction, plate, country, confidence, characters, frames, box_x, speed_kmh, stored_at, clock_synchronised, revision from S order by id")]
    [InlineData("select day, seen_local, hour, weekday, month, quarter_hour, captured_at from S order by captured_at, id")]
    [InlineData("select * from city.charges order by id")]
    [InlineData("select * from city.vehicles order by plate, from_day nulls first")]
    [InlineData("select * from city.stations order by id")]
    [InlineData("select count(*), count(plate), count(distinct plate), sum(frames), sum(frames::bigint), min(captured_at), max(captured_at), min(plate), max(plate), min(day), max(confidence) from S")]
    [InlineData("select sum(amount), min(amount), max(amount), sum(amount) * 2, -sum(amount), sum(amount) + 1, sum(amount) - 0.125, round(sum(amount), 1), floor(sum(amount)), ceil(sum(amount)), abs(-sum(amount)) from city.charges")]
    [InlineData("select coalesce(sum(amount), 0.00), round((sum(amount)::float8 / count(*))::numeric, 2), day::text from city.charges group by day order by day")]
    [InlineData("select station_id, round(avg(frames::float8)::numeric, 2) from S group by 1 order by 1")]
    // Operators that another engine reads otherwise.
    [InlineData("select frames, frames / 2, -frames / 2, frames % 3, -frames % 3, (frames - 50) / 7, lane / 2, lane % 2 from S where lane <> 0 or lane is null order by id")]
    [InlineData("select frames + 1, frames - 100, frames * 3, frames::bigint * 3000000000, 2147483648 + frames, +frames from S order by id")]
    [InlineData("select confidence, confidence / 3, confidence * 2, confidence - 1, frames / 2.0::float8, confidence + frames, round(confidence), floor(confidence), ceil(confidence), abs(confidence) from S where confidence < 10000000000 order by id")]
    [InlineData("select round(confidence::numeric, 2), round(confidence::numeric, 0), round(confidence::numeric), confidence::numeric(10, 3), round(speed_kmh::numeric, 1) from S where confidence < 1000000 and speed_kmh < 1000000 order by id")]
    [InlineData("select confidence::int, confidence::bigint, frames::float8, frames::text, amount::text, day::text, amount::int, amount::bigint, amount::float8, amount::numeric(12, 1), frames::numeric(12, 2) from S join city.charges c using (day) where confidence < 1000000 order by S.id, c.id")]
    [InlineData("select plate from S where plate like 'ab\\_1\\%' or plate like '%\\\\%' or plate like 'A_12%' order by id")]
    [InlineData("select plate, plate ilike 'AB%', plate ilike '%é%', plate not ilike 'a%', plate not like '%2%', plate like '' from S order by id")]
    [InlineData("select plate, lower(plate), upper(plate), length(plate), substr(plate, 2, 3), substring(plate from 3), left(plate, 2), right(plate, 2), replace(plate, 'A', '<'), plate || '!', plate || frames, strpos(plate, '2'), position('B' in plate), starts_with(plate, 'A') from S order by id")]
    [InlineData("select station_id from S group by station_id order by station_id")]
    [InlineData("select station_id, plate from S where station_id > 'london-A3' and plate >= 'B' order by plate desc, station_id, id")]
    [InlineData("select id from S where lane is distinct from 3 and country is not distinct from null order by id")]
    [InlineData("select id from S where not (lane = 3) and country is null and (clock_synchronised or frames = 7) order by id desc nulls last")]
    [InlineData("select id from S where lane in (0, 1, 3) and station_id not in ('london-a1', 'x') and frames between 3 and 80 and frames not between 10 and 20 order by id")]
    [InlineData("select id from S where clock_synchronised is true and (frames > 50) is not false order by id")]
    [InlineData("select case when lane > 0 then 'up' when lane < 0 then 'down' else country end, case lane when 3 then 1 end, coalesce(country, plate, '-'), nullif(country, 'GB'), greatest(frames, lane), least(frames, 10), coalesce(lane, 0) from S order by id")]
    [InlineData("select id from S where plate = 'AB12CDE' order by id")]
    [InlineData("select id, plate from S where plate = 'CORRECTED' or revision = 1 order by id")]
    [InlineData("select lane from S order by lane, id")]
    [InlineData("select lane from S order by lane desc, id")]
    [InlineData("select lane from S order by lane desc nulls last, id limit 7 offset 3")]
    // Times.
    [InlineData("select date_trunc('minute', captured_at), date_trunc('hour', captured_at), date_trunc('day', captured_at), date_trunc('week', captured_at), date_trunc('month', captured_at), date_trunc('quarter', captured_at), date_trunc('year', captured_at) from S order by id")]
    [InlineData("select date_trunc('hour', seen_local), date_trunc('week', seen_local), date_trunc('day', day), date_trunc('month', day) from S order by id")]
    [InlineData("select extract(year from captured_at), extract(month from captured_at), extract(day from captured_at), extract(hour from captured_at), extract(minute from captured_at), extract(dow from captured_at), extract(isodow from captured_at), extract(doy from captured_at), extract(week from captured_at), extract(epoch from captured_at), date_part('hour', captured_at), extract(dow from day), extract(isoyear from seen_local), extract(quarter from day) from S order by id")]
    [InlineData("select captured_at::date, captured_at::timestamp, seen_local::date, day::timestamp, day::timestamptz, captured_at at time zone 'Europe/London', captured_at at time zone 'America/New_York' from S order by id")]
    [InlineData("select day + 1, day - 7, day - date '2026-01-01', seen_local + interval '1 day', day - interval '1 month', seen_local - interval '90 minutes' from S order by id")]
    [InlineData("select id from S where captured_at >= '2026-10-25 01:30' and captured_at < '2026-10-25 03:00' and day = '2026-10-25' order by id")]
    [InlineData("select id from S where captured_at > now() - interval '100 years' and day >= current_date - 3000 and captured_at < (select now() + interval '1 day') order by id")]
    [InlineData("select id from S where captured_at >= to_timestamp('2026-10-24 00:00:00.000000', 'YYYY-MM-DD HH24:MI:SS.US') and day < to_date('2026-10-26', 'YYYY-MM-DD') order by id")]
    [InlineData("select id from S where captured_at between timestamptz '2026-03-29 00:00+01' and timestamp '2026-03-29 02:30' order by id")]
    // Names in quotes are other names than those without, be they in capitals or not.
    [InlineData("select station_id, hour as \"Day\" from S order by day, id limit 5")]
    [InlineData("select frames, confidence as \"Frames\" from S order by frames limit 5")]
    [InlineData("select date_trunc('day', captured_at) as \"Day\", count(*) from S group by \"Day\" order by \"Day\"")]
    [InlineData("select month as \"Day\", count(*) from S group by \"Day\", month order by 1")]
    [InlineData("select hour as \"Day\", count(*) from S group by \"Day\", day order by 1, 2")]
    [InlineData("select day as \"DAY\", hour as day from S order by day, \"DAY\", id")]
    [InlineData("select (select count(*) from city.charges \"S\" where s.plate is not null) from city.sightings s order by id limit 3")]
    [InlineData("select x.\"Plate\" from (select day as \"Plate\", plate from city.charges) x order by plate, \"Plate\" limit 9")]
    [InlineData("with \"X\" as (select day from S), x as (select plate from city.charges) select day from \"X\" order by 1 limit 3")]
    [InlineData("select sum(amount) as \"Total \"\"£\"\"\" from city.charges group by day order by \"Total \"\"£\"\"\"")]
    // A column keeps its name through a cast, so that it is the text that is ordered by.
    [InlineData("select frames::text from S order by frames")]
    [InlineData("select x.frames from (select frames::text from S) x order by frames")]
    [InlineData("select plate as \"varchar\", count(*) from S group by 1 order by 2, 1 -- the end\rlimit 3")]
    // Days of any year, and numbers of any width.
    [InlineData("select day - 30000, day - 700000, day + 2000000, (day - 700000)::text, (day - 700000)::timestamp, seen_local - interval '800 years' from S order by id")]
    [InlineData("select amount * amount * amount, amount * amount * amount * amount, sum(amount) * 0.000000001, (sum(amount) + 0.5) * 1.5 from city.charges group by id, amount order by id")]
    [InlineData("select lane, lane % -1, lane % nullif(lane, 0), lane / nullif(frames, 0) from S order by id")]
    [InlineData("select upper('é' || plate), upper(coalesce(direction, 'é')), lower(case when lane > 0 then 'É' else plate end), upper('abc'), coalesce(plate, 'É') ilike 'é%' from S order by id")]
    [InlineData("select frames from S order by id limit 2::bigint offset 3::int")]
    // Shapes.
    [InlineData("select captured_at::date as captured_at, count(*) as n from S group by captured_at::date order by n desc, 1")]
    [InlineData("select date_trunc('day', captured_at) as captured_at, count(*) as n from S where captured_at >= '2026-03-01' group by date_trunc('day', captured_at) order by captured_at limit 1000")]
    [InlineData("select day, station_id as s, count(*) filter (where lane > 0), bool_and(clock_synchronised), bool_or(lane > 0), string_agg(plate, ',' order by plate desc, id) from S group by 1, s having count(*) > 1 order by 1, 2")]
    [InlineData("select round(avg(confidence)::numeric, 9), round(sum(confidence)::numeric, 9), percentile_cont(0.5) within group (order by confidence), percentile_cont(0.9) within group (order by frames) from S where confidence between 0 and 4")]
    [InlineData("select distinct station_id, direction from S order by 1, 2 desc")]
    [InlineData("with x as (select plate, day, count(*) as n from S group by plate, day), y as (select day, max(n) as most from x group by day) select x.day, x.plate, n from x join y on x.day = y.day and x.n = y.most order by 1, 2")]
    [InlineData("select v.fuel, v.euro, c.day, sum(c.amount) from city.charges c left join city.vehicles v on v.plate = c.plate and (v.from_day is null or v.from_day <= c.day) and (v.to_day is null or v.to_day > c.day) group by 1, 2, 3 order by 3, 1, 2")]
    [InlineData("select s.plate, v.plate from (select distinct plate from S) s full join city.vehicles v on v.plate = s.plate order by 1, 2, v.from_day")]
    [InlineData("select plate from city.vehicles v where exists (select 1 from S s where s.plate = v.plate and s.lane > 0) and v.plate not in ('AA') order by 1")]
    [InlineData("select plate, (select count(*) from S s where s.plate = v.plate) from city.vehicles v order by 1, from_day")]
    [InlineData("select id from S where plate in (select plate from city.vehicles where fuel = 'diesel') order by 1")]
    [InlineData("select plate from S union select plate from city.vehicles order by 1")]
    [InlineData("select plate from city.vehicles union all select plate from city.charges order by plate")]
    [InlineData("select plate from city.vehicles except select plate from S order by 1")]
    [InlineData("select a.frames, b.frames from S a cross join S b where a.frames = b.frames + 90 order by 1")]
    [InlineData("SELECT Plate AS \"P\", COUNT(*) n FROM city.Sightings WHERE station_id IN ('london-a1', 'london-a2') AND plate IS NOT NULL GROUP BY \"plate\" ORDER BY n DESC, 1 LIMIT 10 -- top\n;")]
    [InlineData("select city.charges.plate, count(*) from city.charges group by city.charges.plate order by 1")]
    public async Task The_lake_and_Postgres_give_the_same_text(string sql)
    {
        foreach (var zone in (string[])["Europe/London", .. sql.Contains("_at", StringComparison.Ordinal) ? ["UTC", "America/New_York"] : (string[])[]])
        {
            var set = $"set timezone = '{zone}'";
            using var lake = await city.ConnectAsync("ada", Token);
            using var postgres = await Wire.ConnectAsync(city.Direct, "smartcity", city.Database, Token);
            await lake.QueryAsync(set, Token);
            await postgres.QueryAsync(set, Token);
            var actual = await lake.QueryAsync(Lake(sql), Token);
            var expected = await postgres.QueryAsync(Reference(sql), Token);
            Assert.Null(expected.Error);
            Assert.True(actual.Error is null && actual.Notices.Count == 0, $"{actual.Error} {string.Join(' ', actual.Notices)}");
            Assert.Equal(expected.Rows, actual.Rows);
        }
    }

    [Theory]
    [InlineData("select frames / (frames - 7) from S", "22012")]
    [InlineData("select confidence / (frames - 7) from S", "22012")]
    [InlineData("select frames % (frames - 7) from S", "22012")]
    [InlineData("select frames + 2147483647 from S where frames = 2", "22003")]
    [InlineData("select (select plate from S) from city.stations", null)]
    [InlineData("select nothing from S", "42703")]
    [InlineData("select plate, count(*) from S", "42803")]
    [InlineData("select 'x'::timestamptz, plate from S", "22007")]
    [InlineData("select plate from S where captured_at > '2026-13-01'", "22008")]
    public async Task What_is_an_error_in_Postgres_is_one_in_the_lake(string sql, string? state)
    {
        using var lake = await city.ConnectAsync("ada", Token);
        using var postgres = await Wire.ConnectAsync(city.Direct, "smartcity", city.Database, Token);
        var actual = await lake.QueryAsync(Lake(sql), Token);
        Assert.Equal(state ?? actual.Error!.State, actual.Error!.State);
        Assert.NotNull((await postgres.QueryAsync(Reference(sql), Token)).Error);
        Assert.Single((await lake.QueryAsync("select 1", Token)).Rows);
    }

    [Theory]
    [InlineData("select plate from S where plate ~ 'A'")]
    [InlineData("select plate from S where plate similar to 'A%'")]
    [InlineData("select sum(amount) / 3 from city.charges")]
    [InlineData("select avg(frames) from S")]
    [InlineData("select plate::varchar(2) from S")]
    [InlineData("select plate::char(2) from S")]
    [InlineData("select to_char(captured_at, 'YYYY') from S")]
    [InlineData("select to_hex(frames) from S")]
    [InlineData("select substr(plate, -1, 3) from S")]
    [InlineData("select coalesce(sum(amount), 0) from city.charges")]
    [InlineData("select case when frames > 1 then 1.5 else 1.25 end from S")]
    [InlineData("select row_number() over (order by id) from S")]
    [InlineData("select captured_at + interval '1 day' from S")]
    [InlineData("select captured_at - stored_at from S")]
    [InlineData("select date_trunc('decade', captured_at) from S")]
    [InlineData("select confidence::text from S")]
    [InlineData("select plate from S order by plate collate \"en_US\"")]
    [InlineData("select plate from S group by rollup (plate)")]
    [InlineData("select distinct on (plate) plate, id from S")]
    [InlineData("select plate from S tablesample system (10)")]
    [InlineData("select frames from S where frames = any (array[1, 2])")]
    [InlineData("select 0x1f from S")]
    [InlineData("select interval '1 day' from city.stations limit 1")]
    [InlineData("select x.i from (select interval '1 day' as i from city.stations) x")]
    [InlineData("select count(*) from S where plate::\"varchar\"(2) = 'AB'")]
    [InlineData("select count(*) from S where plate::\"char\" = 'A'")]
    [InlineData("select count(*) from S where plate::pg_catalog.\"char\" = 'A'")]
    [InlineData("select count(*) from S where plate::\"bpchar\" = 'AB12CDE'")]
    [InlineData("select count(*) from S where --\r plate::varchar(2) = 'AB'")]
    [InlineData("select count(*) from S where /* /* */ */ plate::varchar(2) = 'AB'")]
    [InlineData("select confidence::text as a, lower(plate) from S order by lower")]
    [InlineData("select upper('é'), lower('É') from city.stations limit 1")]
    [InlineData("select 'É' ilike 'é' from city.stations limit 1")]
    [InlineData("select (day - 1000000)::text from S order by id")]
    [InlineData("select day - 1000000, day + 3000000 from S order by id")]
    [InlineData("select captured_at - interval '200 years' from S order by id")]
    [InlineData("select round(speed_kmh::numeric, 2) from S order by id")]
    [InlineData("select id as current_date from city.stations order by current_date")]
    [InlineData("select plate from S for update")]
    [InlineData("with recursive r as (select plate from S union all select plate from r) select count(*) from r")]
    public async Task What_may_mean_something_else_does_not_run_in_the_lake_and_says_why(string sql)
    {
        using var lake = await city.ConnectAsync("ada", Token);
        await lake.QueryAsync("set statement_timeout = '3s'", Token); // one never ends
        var answer = await lake.QueryAsync(Lake(sql), Token);
        Assert.StartsWith("This statement does not run whole in the lake: ", Assert.Single(answer.Notices), StringComparison.Ordinal);
        Assert.Single((await lake.QueryAsync("select 1", Token)).Rows);
    }

    [Fact]
    public async Task A_setting_that_changes_what_Postgres_writes_keeps_statements_from_the_lake()
    {
        foreach (var setting in (string[])["datestyle = 'German'", "extra_float_digits = 0", "standard_conforming_strings = off", "client_encoding = 'LATIN1'", "timezone = '<+03>-03'"])
        {
            using var lake = await city.ConnectAsync("ada", Token);
            await lake.QueryAsync($"set {setting}", Token);
            Assert.Single((await lake.QueryAsync("select count(*) from city.sightings", Token)).Notices);
        }
    }

    [Fact]
    public async Task A_name_means_what_the_search_path_says()
    {
        using var lake = await city.ConnectAsync("ada", Token);
        Assert.Equal("42501", (await lake.QueryAsync("select count(*) from vehicles", Token)).Error!.State);
        await lake.QueryAsync("set search_path = \"city\"", Token);
        Assert.Equal("4", Assert.Single((await lake.QueryAsync("select count(*) from vehicles", Token)).Rows));
    }

    internal static string Lake(string sql) => Named(sql, "city");

    internal static string Reference(string sql) => Named(sql.Replace("city.", "ref.", StringComparison.OrdinalIgnoreCase), "ref");

    private static string Named(string sql, string schema) => System.Text.RegularExpressions.Regex.Replace(sql, @"\b(from|join) S\b(?! (a|b|s)\b)", m => $"{m.Groups[1].Value} {schema}.sightings S")
        .Replace(" S a ", $" {schema}.sightings a ", StringComparison.Ordinal).Replace(" S b ", $" {schema}.sightings b ", StringComparison.Ordinal).Replace(" S s ", $" {schema}.sightings s ", StringComparison.Ordinal);
}
