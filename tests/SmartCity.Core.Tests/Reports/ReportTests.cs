using System.Net;
using System.Net.Http.Json;
using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Contracts.Demo;
using SmartCity.Core.Reports;
using SmartCity.Core.Tests.Hosting;

namespace SmartCity.Core.Tests.Reports;

/// <summary>Reports on rows that were counted by hand. The last Sunday of October 2026 has 25 hours in London.</summary>
public sealed class ReportTests(CoreHost core) : IClassFixture<CoreHost>, IAsyncLifetime
{
    private const string Days = "?from=2026-10-24&to=2026-10-26";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        if (await core.Postgres.ScalarAsync<long>("select count(*) from passages") > 0)
        {
            return;
        }

        // All at once, so that no day is counted before it is whole.
        await using var connection = await core.Postgres.DataSource.OpenConnectionAsync(Token);
        await using var all = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new(
                    """
                    insert into vehicles (plate, make, class, fuel, euro) values
                        ('RE01PET', 'Ford', 'car', 'petrol', 4), ('RE02DIE', 'Audi', 'car', 'diesel', 5), ('RE03ELE', 'Tesla', 'car', 'electric', null), ('RE04TRK', 'DAF', 'hgv', 'diesel', 6)
                    """),

                // Saturday: RE01PET drives from a1 to a3 in 20 minutes and is back at a1 after six hours.
                Pass("RE01PET", "london-a1", "2026-10-24 08:00:00+01"),
                Pass("RE01PET", "london-a3", "2026-10-24 08:20:02+01"),
                Pass("RE01PET", "london-a1", "2026-10-24 14:20:00+01"),
                Pass("RE02DIE", "london-a1", "2026-10-24 08:30:00+01"),

                // Sunday: one o'clock comes twice.
                Pass("RE03ELE", "london-a1", "2026-10-25 01:30:00+01"),
                Pass("RE03ELE", "london-a1", "2026-10-25 01:30:00+00"),
                Pass("RE99UNR", "london-a3", "2026-10-25 23:59:59+00"),

                // Monday, and a Tuesday that is not asked for.
                Pass("RE04TRK", "london-a3", "2026-10-26 00:00:00+00"),
                Pass("RE04TRK", "london-a3", "2026-10-27 00:00:00+00"),
            },
        };
        foreach (var (plate, scheme, day, kind, amount) in ((string, string, string, string, decimal)[])
            [
                ("RE02DIE", "ulez", "2026-10-24", "charge", 12.50m), ("RE05ABC", "ulez", "2026-10-24", "charge", 12.50m), ("RE05ABC", "ulez", "2026-10-24", "reversal", -12.50m),
                ("RE02DIE", "congestion", "2026-10-26", "charge", 18m), ("RE02DIE", "ulez", "2026-10-27", "charge", 12.50m),
            ])
        {
            all.BatchCommands.Add(new("insert into charge_entries (id, kind, plate, scheme, day, amount, rule, why, tariff_version, sighting_id, station_id, recorded_at) values (gen_random_uuid(), $1, $2, $3, $4, $5, 'r', 'w', 't', gen_random_uuid(), 's', now())")
            {
                Parameters = { new() { Value = kind }, new() { Value = plate }, new() { Value = scheme }, new() { Value = DateOnly.Parse(day, System.Globalization.CultureInfo.InvariantCulture) }, new() { Value = amount } },
            });
        }

        await all.ExecuteNonQueryAsync(Token);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Charges_are_net_by_scheme_and_day()
    {
        var report = await GetAsync<ChargesRow>("charges");

        Assert.Equal(
            [new(new(2026, 10, 24), "ulez", "pollution", 1, 12.50m, 12.50m, "GBP"), new(new(2026, 10, 26), "congestion", "toll", 1, 18m, 0, "GBP")],
            report.Rows);
    }

    [Fact]
    public async Task Compliance_goes_by_the_rules_and_leaves_out_whom_it_does_not_know()
    {
        var report = await GetAsync<ComplianceRow>("compliance");

        Assert.Equal(
            [new("car", "diesel", 5, 1, 0), new("car", "electric", null, 1, 1), new("car", "petrol", 4, 1, 1), new("hgv", "diesel", 6, 1, 1)],
            report.Rows);
        Assert.Contains(report.Notes, n => n.StartsWith("Left out: 1 ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Hours_are_those_of_Londons_clocks()
    {
        var hours = (await GetAsync<HourRow>("hours")).Rows;

        Assert.Equal(8, hours.Sum(h => h.Passages));
        Assert.Equal(2, Assert.Single(hours, h => h.Hour == 1).Passages);
        Assert.Equal([("london-a1", 2L), ("london-a3", 1L)], hours.Where(h => h.Hour == 8).Select(h => (h.StationId, h.Passages)));
        Assert.Equal("london-a3", Assert.Single(hours, h => h.Hour == 23).StationId);
        Assert.Equal("london-a3", Assert.Single(hours, h => h.Hour == 0).StationId);
    }

    [Fact]
    public async Task The_busiest_station_comes_first()
    {
        var stations = (await GetAsync<StationRow>("stations")).Rows;

        Assert.Equal([("london-a1", 5L, 3L), ("london-a3", 3L, 3L)], stations.Select(s => (s.StationId, s.Passages, s.Vehicles)));
    }

    [Fact]
    public async Task Travel_times_are_of_vehicles_that_went_on_within_two_hours()
    {
        var row = Assert.Single((await GetAsync<TravelRow>("travel")).Rows);

        Assert.Equal(("london-a1", "london-a3", 1L), (row.FromStationId, row.ToStationId, row.Vehicles));
        Assert.Equal(1200, row.Median.TotalSeconds, 30.0);
        Assert.Equal(row.Kilometres / row.Median.TotalHours, row.KilometresAnHour, 0.1);
    }

    [Fact]
    public async Task Dwell_is_from_the_first_to_the_last_passage_of_a_London_day()
    {
        var rows = (await GetAsync<DwellRow>("dwell")).Rows;

        Assert.Equal([(new DateOnly(2026, 10, 24), 1L), (new DateOnly(2026, 10, 25), 1L)], rows.Select(r => (r.Day, r.Vehicles)));
        Assert.Equal(TimeSpan.FromHours(6) + TimeSpan.FromSeconds(20 * 60 + 2), rows[0].Median);
        Assert.Equal(TimeSpan.FromSeconds(3602), rows[1].Median);
    }

    [Fact]
    public async Task Emissions_are_kilometres_times_published_factors()
    {
        var report = await GetAsync<EmissionsRow>("emissions");

        var petrol = Assert.Single(report.Rows, r => r is { Zone: "ulez", Fuel: "petrol" });
        var leg = (await GetAsync<TravelRow>("travel")).Rows[0].Kilometres * 1.3;
        Assert.Equal(3, petrol.Passages);
        Assert.Equal(leg + 4, petrol.Kilometres, 0.11); // two passages without a way on count two kilometres each
        Assert.Equal(petrol.Kilometres * 0.061, petrol.NoxGrams, 0.02);
        Assert.Equal(petrol.Kilometres * 0.16, petrol.Co2Kilograms, 0.02);
        Assert.Equal(0, Assert.Single(report.Rows, r => r is { Zone: "ulez", Fuel: "electric" }).NoxGrams);
        Assert.Contains(report.Notes, n => n.Contains("are left out", StringComparison.Ordinal) && !n.StartsWith('0'));
    }

    [Fact]
    public async Task A_cameras_read_rate_is_what_it_read_by_itself()
    {
        await core.Postgres.ExecuteAsync("create table if not exists sightings_of_the_test partition of sightings for values from ('2026-11-20') to ('2026-11-21')");

        // Of four: two read, one of them wrongly; one not read and put right by a person.
        foreach (var (id, plate, read, reviewed) in ((int, string?, string?, bool)[])[(1, "AA", null, false), (2, "BB", "BX", true), (3, "CC", null, true), (4, null, null, false)])
        {
            await core.Postgres.ExecuteAsync(
                """
                insert into sightings (id, captured_at, station_id, camera_id, reader_version, plate, read_plate, reviewed_at, confidence, characters, frames, box, topic, partition, record_offset, stored_at)
                values ($1, '2026-11-20 12:00:00+00', 'london-a1', 'cam', case when $4 then 'own-read-2' else 'city-read-1' end, nullif($2, ''), nullif($3, ''), case when $4 then now() end, 0.8, '{}', 1, '{}', 't', 0, 0, now())
                """, new Guid(id, 0, 0, new byte[8]), plate ?? "", read ?? "", reviewed);
        }

        await core.Postgres.ExecuteAsync("insert into archive_queue (sighting_id, captured_at, station_id) select id, captured_at, station_id from sightings where camera_id = 'cam'");
        await core.Postgres.ExecuteAsync(
            """
            insert into reviewed_reads (id, sighting_id, captured_at, station_id, camera_id, decision, confidence, reviewed_at)
            select gen_random_uuid(), id, captured_at, station_id, camera_id, 'corrected', 0.8, now() from sightings where reviewed_at is not null and camera_id = 'cam'
            """);

        var row = Assert.Single((await core.Http.GetFromJsonAsync<Report<ReadsRow>>("/api/reports/reads?from=2026-11-20&to=2026-11-20", Token))!.Rows);

        Assert.Equal((4L, 2L, 2L, 2L), (row.Sightings, row.Read, row.Reviewed, row.Corrected));
        Assert.Equal(0.8, row.MeanConfidence);
        var day = new DateOnly(2026, 11, 20);
        Assert.Equal(
            [new VersionsRow(day, "city-read-1", "london-a1", 2, 1, 0, 0), new VersionsRow(day, "own-read-2", "london-a1", 2, 1, 2, 2)],
            (await core.Http.GetFromJsonAsync<Report<VersionsRow>>("/api/reports/versions?from=2026-11-20&to=2026-11-20", Token))!.Rows);
        var listed = await core.Http.GetFromJsonAsync<Page<SightingView>>("/api/sightings?version=own-read-2&from=2026-11-20&to=2026-11-20", Token);
        Assert.Equal([2, 3], listed!.Items.Select(s => s.Id.ToByteArray()[0]).Order().Select(b => (int)b));

        // A case is of the version that read its sighting.
        await core.Postgres.ExecuteAsync("insert into review_cases (id, kind, why, sighting_id, captured_at, station_id, plate, confidence, state, created_at) select gen_random_uuid(), 'doubtful', 'It is doubtful.', id, captured_at, station_id, plate, confidence, 'open', now() from sightings where camera_id = 'cam'");
        var cases = await core.Http.GetFromJsonAsync<Page<ReviewView>>("/api/review?version=own-read-2", Token);
        Assert.Equal(2, cases!.Items.Count);
        await core.Postgres.ExecuteAsync("delete from review_cases where kind = 'doubtful'");
    }

    [Theory]
    [InlineData("charges?from=2026-10-26&to=2026-10-24")]
    [InlineData("charges?from=2025-10-01&to=2026-10-24")]
    [InlineData("hours?from=yesterday")]
    public async Task Days_that_make_no_report_are_refused(string query)
    {
        using var response = await core.Http.GetAsync($"/api/reports/{query}", Token);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Theory]
    [InlineData("charges", "day,scheme,purpose,vehicles,amount,reversed,currency", "2026-10-24,ulez,pollution,1,12.50,12.50,GBP")]
    [InlineData("dwell", "day,vehicles,medianMinutes,p90Minutes", "2026-10-24,1,380,380")]
    public async Task The_export_is_the_report(string report, string header, string first)
    {
        using var response = await core.Http.GetAsync($"/api/reports/{report}/export{Days}", Token);
        var lines = (await response.Content.ReadAsStringAsync(Token)).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal($"{report}-2026-10-24-2026-10-26.csv", response.Content.Headers.ContentDisposition!.FileName);
        Assert.Equal([header, first], lines[..2]);
    }

    [Fact]
    public void Nearly_every_vehicle_of_the_demo_registry_has_a_factor()
    {
        var vehicles = Enumerable.Range(0, 5_000).Select(DemoRegistry.Vehicle).ToList();
        var without = vehicles.Where(v => EmissionFactors.Published.Find(v.Class!, v.Fuel!, v.Euro) is null).ToList();

        Assert.True(without.Count < 250, $"{without.Count} of 5000 without: {string.Join("; ", without.GroupBy(v => $"{v.Class} {v.Fuel} {v.Euro}").OrderByDescending(g => g.Count()).Take(8).Select(g => $"{g.Key} × {g.Count()}"))}");
    }

    private async Task<Report<T>> GetAsync<T>(string name) => (await core.Http.GetFromJsonAsync<Report<T>>($"/api/reports/{name}{Days}", Token))!;

    private static NpgsqlBatchCommand Pass(string plate, string station, string at) => new(
        """
        insert into passages (id, plate, station_id, camera_id, first_at, last_at, sightings, best_sighting_id, best_at, best_confidence)
        select gen_random_uuid(), $1, $2, 'c', at, at + interval '2 s', 1, gen_random_uuid(), at, 1 from (select $3::timestamptz as at) x
        """)
    {
        Parameters = { new() { Value = plate }, new() { Value = station }, new() { Value = DateTimeOffset.Parse(at, System.Globalization.CultureInfo.InvariantCulture).ToUniversalTime() } },
    };
}
