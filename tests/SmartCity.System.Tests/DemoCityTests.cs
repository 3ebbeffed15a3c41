using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Npgsql;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Core.Tests.Alerts;
using SmartCity.System.Tests.Hosting;

namespace SmartCity.System.Tests;

/// <summary>The demo city, started once: what a newcomer sees in the first minute.</summary>
public sealed partial class DemoCityTests : IAsyncLifetime
{
    private readonly TestData _data = new();
    private RunningSystem _system = null!;
    private WebhookReceiver _room = null!;

    public async ValueTask InitializeAsync()
    {
        _room = await WebhookReceiver.StartAsync();
        _system = await RunningSystem.StartAsync(
            _data.Path,
            ["--speed", "4"],
            new Dictionary<string, string>
            {
                ["Edge__Hotlist__Webhooks__0__Address"] = _room.Url.ToString(),
                ["Edge__Hotlist__Webhooks__0__Secret"] = "a secret of the control room",

                // A vehicle of interest is on the road for five minutes of every ten: with all of them at the edges, one always is.
                ["Core__EdgeHotlist__MostPriority"] = "5",
            });
    }

    public async ValueTask DisposeAsync()
    {
        await _system.DisposeAsync();
        await _room.DisposeAsync();
        await _data.DisposeAsync();
    }

    [Fact]
    public async Task Vehicles_are_read_charged_and_alerted_on()
    {
        Assert.Equal(HttpStatusCode.OK, (await _system.Http.GetAsync("/health/ready", TestContext.Current.CancellationToken)).StatusCode);
        await _system.UntilAsync(async () => (await _system.GetAsync<Page<ChargeView>>("/api/charges")).Items.Count > 0, "a charge", seconds: 300); // on 25 December hardly anybody is charged
        await _system.UntilAsync(async () => (await _system.GetAsync<Page<AlertView>>("/api/alerts")).Items.Count > 0, "an alert");

        var charge = (await _system.GetAsync<Page<ChargeView>>("/api/charges")).Items[^1];
        var sighting = await _system.GetAsync<SightingView>($"/api/sightings/{charge.SightingId}");
        Assert.Equal(charge.Plate, sighting.Plate);
        Assert.Equal(32, sighting.TraceId?.Length);
        Assert.Equal(sighting.TraceId, charge.TraceId);

        var picture = await _system.Http.GetByteArrayAsync($"/api/evidence/{sighting.Evidence}", TestContext.Current.CancellationToken);
        Assert.Equal([0xFF, 0xD8, 0xFF], picture[..3]);

        await _system.UntilAsync(async () => (await _system.GetAsync<Page<AlertView>>("/api/alerts")).Items.Any(IsToldAtTheSite), "an alert of which the site's own receiver has heard too", seconds: 300);
        await _system.UntilAsync(async () => (await _system.GetAsync<OpsView>("/api/ops")).Stations.Any(s => s.Heartbeat?.Hotlist is { Entries: > 0, Matches: > 0 }), "a station says what met the hot-list that it holds");

        await AsksBySqlAsync();
        await ReadsTheCatalogueAsync();
        await StopsInOrderAsync();
        await AnswersOnTheCommandLineAsync(); // what is in the folder is enough
    }

    // As an engine that knows Iceberg's REST catalogue asks it.
    private async Task ReadsTheCatalogueAsync()
    {
        var token = TestContext.Current.CancellationToken;
        using var stranger = new HttpClient { BaseAddress = _system.Http.BaseAddress };
        Assert.Equal(HttpStatusCode.Unauthorized, (await stranger.GetAsync("/iceberg/v1/config", token)).StatusCode);
        Assert.Equal(4, (await _system.GetAsync<JsonElement>("/iceberg/v1/config")).GetProperty("endpoints").GetArrayLength());
        Assert.Equal("city", (await _system.GetAsync<JsonElement>("/iceberg/v1/namespaces")).GetProperty("namespaces")[0][0].GetString());
        var tables = (await _system.GetAsync<JsonElement>("/iceberg/v1/namespaces/city/tables")).GetProperty("identifiers").EnumerateArray().Select(t => t.GetProperty("name").GetString()!).ToList();
        foreach (var table in tables)
        {
            var loaded = await _system.GetAsync<JsonElement>($"/iceberg/v1/namespaces/city/tables/{table}");
            Assert.EndsWith(".metadata.json", loaded.GetProperty("metadata-location").GetString(), StringComparison.Ordinal);
            Assert.Equal(2, loaded.GetProperty("metadata").GetProperty("format-version").GetInt32());
        }

        using var missing = await _system.Http.GetAsync("/iceberg/v1/namespaces/city/tables/nothing", token);
        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
        Assert.Contains("NoSuchTableException", await missing.Content.ReadAsStringAsync(token), StringComparison.Ordinal);
        using var written = await _system.Http.DeleteAsync("/iceberg/v1/namespaces/city/tables/sightings", token);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, written.StatusCode);
    }

    private async Task AnswersOnTheCommandLineAsync()
    {
        const string Sql = "select r.plate, sum(c.amount) as \"Pounds\", null as nothing from city.live_charges c join city.registry r on r.plate = c.plate group by 1 order by 1";
        var (status, output, errors) = await RunningSystem.RunAsync(["lake", "query", Sql, "--data", _data.Path]);
        Assert.True(status == 0, errors);
        var rows = output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement).ToList();
        Assert.Contains(rows, r => r.GetProperty("Pounds").GetDecimal() > 0);
        Assert.All(rows, r => Assert.True(r.GetProperty("Pounds").GetDecimal() >= 0 && r.GetProperty("nothing").ValueKind == JsonValueKind.Null && r.GetProperty("plate").GetString()!.Length > 2));

        foreach (var (sql, said) in new[] { ("select nothing from city.stations", "column \"nothing\" does not exist"), ("with gone as (delete from public.vehicles returning plate) select plate from gone", "read-only transaction"),
            ("delete from public.vehicles", "one statement that reads"), ("begin read write; create table public.made (a int); commit", "one statement that reads"), ("select 1; create table public.made (a int)", "multiple commands") })
        {
            var failed = await RunningSystem.RunAsync(["lake", "query", sql, "--data", _data.Path]);
            Assert.Equal((1, ""), (failed.Status, failed.Output));
            Assert.Contains(said, failed.Errors, StringComparison.Ordinal);
        }

        const string Odd = "select 1 as a, 2 as a, 'NaN'::float8 as n, 1e30::numeric as big, interval '1 month 2 days' as i, 'infinity'::date as never, timestamptz '2026-11-01 10:00:00.5+01' as at, array[1.5, 'NaN']::float8[] as list, true as yes, '{\"k\": 1}'::jsonb as j";
        var odd = await RunningSystem.RunAsync(["lake", "query", Odd, "--data", _data.Path]);
        Assert.Equal((0, """{"a":1,"a_2":2,"n":"NaN","big":1000000000000000000000000000000,"i":"1 mon 2 days","never":"infinity","at":"2026-11-01T09:00:00.5Z","list":[1.5,"NaN"],"yes":true,"j":{"k": 1}}"""), (odd.Status, odd.Output.Trim()));

        var tables = await RunningSystem.RunAsync(["lake", "tables", "--data", _data.Path]);
        Assert.All(tables.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries), l => Assert.Equal(JsonValueKind.Object, JsonDocument.Parse(l).RootElement.ValueKind));
    }

    // As the line says that `run` prints.
    private async Task AsksBySqlAsync()
    {
        var line = SqlLine().Match(_system.Said);
        Assert.True(line.Success, _system.Said);
        var password = await File.ReadAllTextAsync(line.Groups["file"].Value, TestContext.Current.CancellationToken);
        await using var analyst = NpgsqlDataSource.Create($"Host={line.Groups["host"]};Port={line.Groups["port"]};Username={line.Groups["user"]};Password={password};Database={line.Groups["database"]}");
        await using var live = analyst.CreateCommand("select count(*) from city.live_charges c join city.registry v on v.plate = c.plate");
        Assert.True((long)(await live.ExecuteScalarAsync(TestContext.Current.CancellationToken))! > 0);
        await using var lake = analyst.CreateCommand("select count(*) from city.sightings where captured_at > now() - interval '1 day'");
        Assert.NotNull(await lake.ExecuteScalarAsync(TestContext.Current.CancellationToken));
        await using var joined = analyst.CreateCommand("select count(*) from city.charges c join city.registry v on v.plate = c.plate where c.day >= (select current_date - 30)");
        Assert.NotNull(await joined.ExecuteScalarAsync(TestContext.Current.CancellationToken));
        var workers = (await _system.GetAsync<OpsView>("/api/ops")).Workers;
        Assert.All(["lake", "lake-schema"], name => Assert.Equal("healthy", workers.Single(w => w.Name == name).State));
    }

    private bool IsToldAtTheSite(AlertView alert) => _room.Received
        .Select(r => JsonSerializer.Deserialize(r.Body, ContractsJson.Default.LocalMatch)!)
        .Any(m => (m.EntryId, m.SightingId, m.Plate, m.StationId) == (alert.EntryId, alert.SightingId, alert.Plate, alert.StationId));

    private async Task StopsInOrderAsync()
    {
        Assert.Equal(0, await _system.StopAsync(TimeSpan.FromSeconds(60)));
        Assert.False(File.Exists(_data.Below("postgres", "data", "postmaster.pid")), "Postgres still runs.");

        // From an ordinary first start to an ordinary end. What took a second attempt says that the machine is busy, unless it is said again and again.
        var complaints = _system.Said.Split('\n').Where(l => Complaint().IsMatch(l)).ToList();
        Assert.DoesNotContain(complaints, l => !Retry().IsMatch(l));
        Assert.DoesNotContain(complaints.CountBy(l => l["00:00:00 ".Length..]), c => c.Value > 2);
    }

    [GeneratedRegex(@"^SQL: PGPASSWORD=\$\(cat '(?<file>[^']+)'\) psql -h (?<host>\S+) -p (?<port>\d+) -U (?<user>\S+) (?<database>\S+)$", RegexOptions.Multiline)]
    private static partial Regex SqlLine();

    // Kestrel's 22 and a Postgres that is slow to answer say that the machine is busy.
    [GeneratedRegex(@"^\d\d:\d\d:\d\d (warn|fail|crit): (?!Microsoft\.AspNetCore\.Server\.Kestrel\[22\]|SmartCity\.Core\.Database\.DatabaseWatch)")]
    private static partial Regex Complaint();

    [GeneratedRegex(@"^\S+ warn: .*(reports a problem|tries again|\(attempt 1\))")]
    private static partial Regex Retry();
}
