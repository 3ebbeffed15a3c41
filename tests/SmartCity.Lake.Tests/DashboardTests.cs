using System.IO.Compression;
using System.Text.Json;
using System.Text.RegularExpressions;
using YamlDotNet.Serialization;

namespace SmartCity.Lake.Tests;

/// <summary>The dashboards that come with the product: what each panel asks runs at the address where Grafana and Superset connect, as the role that sees no plates.</summary>
[Collection(LakeCityTests.Name)]
public sealed partial class DashboardTests(LakeCity city)
{
    private static readonly string Folder = Path.Combine(Root(), "deploy", "charts", "smartcity", "dashboards");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("live-city.json", 6)]
    [InlineData("toll-and-pollution.json", 5)]
    public async Task Each_panel_of_Grafana_has_rows(string file, int panels)
    {
        await TrafficAsync();
        using var bob = await city.ConnectAsync("bob", Token);
        using var board = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(Folder, file), Token));
        var asked = 0;
        foreach (var panel in board.RootElement.GetProperty("panels").EnumerateArray())
        {
            foreach (var target in panel.GetProperty("targets").EnumerateArray())
            {
                var (sql, title) = (Filled(target.GetProperty("rawSql").GetString()!), panel.GetProperty("title").GetString());
                var answer = await bob.QueryAsync(sql, Token);
                Assert.True(answer.Error is null, $"{title}: {answer.Error?.Message}");
                Assert.True(answer.Rows.Count > 0, $"{title} has no rows.");
                Assert.True(answer.Rows.Exists(r => r.Split('|').Any(v => v is not "NULL" and not "")), $"{title}: nothing but NULL.");

                RanInTheLake(sql, answer, title);
                asked++;
            }
        }

        Assert.Equal(panels, asked);
    }

    [Fact]
    public async Task Each_chart_of_Superset_has_rows()
    {
        await TrafficAsync();
        using var bob = await city.ConnectAsync("bob", Token);
        using var zip = ZipFile.OpenRead(Path.Combine(Folder, "superset.zip"));
        var files = zip.Entries.ToDictionary(e => e.FullName["smartcity/".Length..], Read);
        Assert.Equal("Dashboard", files["metadata.yaml"].GetProperty("type").GetString());
        Assert.Contains("analyst_without_plates:XXXXXXXXXX@lake:5433/", files["databases/SmartCity.yaml"].GetProperty("sqlalchemy_uri").GetString(), StringComparison.Ordinal);
        var sets = files.Where(f => f.Key.StartsWith("datasets/", StringComparison.Ordinal)).ToDictionary(f => f.Value.GetProperty("uuid").GetString()!, f => f.Value);
        var charts = files.Where(f => f.Key.StartsWith("charts/", StringComparison.Ordinal)).Select(f => f.Value).ToList();
        foreach (var chart in charts)
        {
            var sql = Asked(chart, sets[chart.GetProperty("dataset_uuid").GetString()!]);
            var answer = await bob.QueryAsync(sql, Token);
            var name = chart.GetProperty("slice_name").GetString();
            Assert.True(answer.Error is null, $"{name}: {answer.Error?.Message}");
            Assert.True(answer.Rows.Count > 0, $"{name} has no rows.");
            RanInTheLake(sql, answer, name);
        }

        var boards = files.Where(f => f.Key.StartsWith("dashboards/", StringComparison.Ordinal)).Select(f => f.Value).ToList();
        Assert.Equal(["Live city", "Toll and pollution"], boards.Select(b => b.GetProperty("dashboard_title").GetString()).Order());
        var shown = boards.SelectMany(b => b.GetProperty("position").EnumerateObject()).Where(p => p.Name.StartsWith("CHART-", StringComparison.Ordinal)).Select(p => p.Value.GetProperty("meta").GetProperty("uuid").GetString());
        Assert.Equal(charts.Select(c => c.GetProperty("uuid").GetString()).Order(), shown.Order());
    }

    // What asks for tables of the lake alone runs there: otherwise a notice says why it does not.
    private static void RanInTheLake(string sql, Answer answer, string? name) =>
        Assert.True(sql.Contains("city.live_", StringComparison.Ordinal) || answer.Notices.Count == 0, $"{name}: {string.Join(' ', answer.Notices)}");

    // As Grafana fills a statement in.
    private static string Filled(string sql) => Filter().Replace(sql, m => $"{m.Groups[1].Value} BETWEEN '2026-01-01T00:00:00Z' AND '2999-01-01T00:00:00Z'")
        .Replace("$__timeFrom()", "'2026-01-01T00:00:00Z'", StringComparison.Ordinal)
        .Replace("$__timeTo()", "'2999-01-01T00:00:00Z'", StringComparison.Ordinal);

    // As Superset asks for a chart: its columns and metrics over the data set's statement.
    private static string Asked(JsonElement chart, JsonElement set)
    {
        var of = chart.GetProperty("params");
        var by = Texts(of, "groupby").Concat(of.TryGetProperty("x_axis", out var x) ? [x.GetString()!] : []).ToList();
        var metrics = of.TryGetProperty("metric", out var one) ? [one] : of.TryGetProperty("metrics", out var several) ? several.EnumerateArray().ToList() : [];
        List<string> columns = [.. by, .. Texts(of, "all_columns"), .. metrics.Select(m => $"{m.GetProperty("sqlExpression").GetString()} AS \"{m.GetProperty("label").GetString()}\"")];
        return $"SELECT {string.Join(", ", columns)} FROM ({set.GetProperty("sql").GetString()}) AS virtual_table{(by.Count > 0 ? $" GROUP BY {string.Join(", ", by)}" : "")} LIMIT 10000";
    }

    private static IEnumerable<string> Texts(JsonElement of, string name) => of.TryGetProperty(name, out var list) ? list.EnumerateArray().Select(t => t.GetString()!) : [];

    private static JsonElement Read(ZipArchiveEntry entry)
    {
        using var content = entry.Open();
        using var text = new StreamReader(content);
        var yaml = new DeserializerBuilder().WithAttemptingUnquotedStringTypeDeserialization().Build().Deserialize(text);
        return JsonSerializer.Deserialize<JsonElement>(new SerializerBuilder().JsonCompatible().Build().Serialize(yaml));
    }

    // A vehicle that has just passed, and an alert; twice is as once.
    private Task TrafficAsync() => city.Postgres.ExecuteAsync(
        """
        insert into passages (id, plate, country, station_id, camera_id, direction, first_at, last_at, sightings, best_sighting_id, best_at, best_confidence)
        select '00000000-0000-7000-a000-000000000001', 'ZZ', 'GB', 'london-a1', 'c1', 'inbound', at, at, 1, '00000000-0000-7000-8000-000000000005', at, 0.99 from (select now() as at) n
        on conflict do nothing;
        insert into alerts (id, entry_id, passage_id, sighting_id, plate, pattern, reason, priority, station_id, camera_id, captured_at, raised_at)
        select '00000000-0000-7000-a000-000000000002', '00000000-0000-7000-a000-000000000003', '00000000-0000-7000-a000-000000000001', '00000000-0000-7000-8000-000000000005', 'ZZ', 'ZZ', 'stolen', 1, 'london-a1', 'c1', now(), now()
        on conflict do nothing
        """);

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "SmartCity.sln")))
        {
            folder = folder.Parent!;
        }

        return folder.FullName;
    }

    [GeneratedRegex(@"\$__timeFilter\(([^)]*)\)")]
    private static partial Regex Filter();
}
