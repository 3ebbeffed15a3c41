using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using SmartCity.AllInOne.Infrastructure;
using SmartCity.Contracts.Cities;
using SmartCity.Contracts.Demo;
using SmartCity.Core.Database;
using SmartCity.Core.Lake;
using SmartCity.ServiceDefaults.Objects;
using Spectre.Console;

namespace SmartCity.Bench.Lake;

/// <summary>
/// <c>bench lake</c>: statements of an analyst at the address of SmartCity.Lake, a process of its own with the limits that it has unless they are changed, beside Postgres alone. Postgres
/// has the rows of one month, or of all days where that is asked for.
/// </summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
internal static class LakeBench
{
    private const int Month = 30;
    private const int Times = 5;
    private const double Mebi = 1024 * 1024;

    public static Command Create()
    {
        var count = new Option<long>("--count") { Description = "Sightings in the lake, about.", DefaultValueFactory = _ => 100_000_000 };
        var days = new Option<int>("--days") { Description = "Days that they lie in.", DefaultValueFactory = _ => 400 };
        var all = new Option<bool>("--postgres-all") { Description = "All of them in Postgres too, not a month alone: about 500 B each." };
        var json = new Option<bool>("--json") { Description = "Figures as JSON on stdout." };
        var command = new Command("lake", "Statements over the lake and over Postgres: milliseconds, memory.") { count, days, all, json };
        command.SetAction(async (parse, cancellationToken) =>
        {
            var figures = await MeasureAsync(parse.GetValue(count), Math.Max(2 * Month, parse.GetValue(days)), parse.GetValue(all), cancellationToken);
            Figures.Show(parse.GetValue(json), figures, () => Print(figures));

            return 0;
        });
        return command;
    }

    private static async Task<LakeFigures> MeasureAsync(long count, int days, bool isAll, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("smartcity-bench").FullName;
        try
        {
            await using var postgres = await EmbeddedPostgres.StartAsync(Path.Combine(folder, "postgres"), cancellationToken);
            await Migrations.RunAsync(postgres.ConnectionString, NullLogger.Instance, cancellationToken);
            await using var data = NpgsqlDataSource.Create(postgres.ConnectionString + ";Command Timeout=0");
            var objects = Directory.CreateDirectory(Path.Combine(folder, "objects")).FullName;
            var first = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime).AddDays(-days);
            var rows = new LakeRows(City.Load(null), first, days, count);
            var started = Stopwatch.GetTimestamp();
            var made = await rows.ToLakeAsync(data, new CityLake(data, new FolderObjectStore(objects), TimeProvider.System), done => Say($"{done} of {days} days are in the lake"), cancellationToken);
            var written = Stopwatch.GetElapsedTime(started);
            var bytes = new DirectoryInfo(objects).EnumerateFiles("*.parquet", SearchOption.AllDirectories).Sum(f => f.Length);

            var (from, some) = isAll ? (0, days) : (days / 2 - 1, Month + 2);
            var local = await rows.ToPostgresAsync(data, from, some, cancellationToken);
            Say($"{local:N0} sightings of {some} days are in Postgres");

            var month = first.AddDays(days / 2);
            var statements = Statements(month, DemoRegistry.Vehicle(4711).Plate);
            var port = Processes.FreePort();
            var password = Guid.NewGuid().ToString("N");
            await using var lake = new ServiceProcess("SmartCity.Lake", "lake", folder, new Dictionary<string, string>
            {
                ["ConnectionStrings:postgres"] = postgres.ConnectionString,
                ["ConnectionStrings:objects"] = objects,
                ["Lake:Port"] = port.ToString(CultureInfo.InvariantCulture),
                ["Lake:Folder"] = Path.Combine(folder, "lake"),
                ["Lake:Threads"] = "2",
                ["Lake:ForeignAddress"] = "",
                ["Lake:Analyst"] = "analyst",
                ["Lake:AnalystPassword"] = password,
            });
            lake.Start();
            await lake.WhenReadyAsync(cancellationToken);
            await using var analyst = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(postgres.ConnectionString) { Host = "127.0.0.1", Port = port, Username = "analyst", Password = password, CommandTimeout = 0 });

            var timed = new List<StatementFigure>();
            foreach (var s in statements)
            {
                var (inLake, inPostgres) = (await TimeAsync(analyst, s.Lake, cancellationToken), await TimeAsync(data, s.Postgres, cancellationToken));
                if ((isAll || s.IsOfTheMonth) && inLake.Answer != inPostgres.Answer)
                {
                    throw new InvalidOperationException($"{s.Name}: the lake and Postgres answer differently.");
                }

                timed.Add(new StatementFigure(s.Name, s.MostMilliseconds, inLake.First, inLake.Warm, inPostgres.Warm, inLake.Rows, isAll || s.IsOfTheMonth));
                Say($"{s.Name}: {inLake.Warm:0} ms, first {inLake.First:0} ms; Postgres {inPostgres.Warm:0} ms");
            }

            var memory = File.ReadLines($"/proc/{lake.Id}/status").First(l => l.StartsWith("VmHWM:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1];
            var store = await ScalarAsync(data, "select sum(pg_total_relation_size(inhrelid)) from pg_inherits where inhparent = 'sightings'::regclass", cancellationToken);
            await lake.StopAsync();
            return new LakeFigures(made, days, bytes, made / written.TotalSeconds, local, some, store, int.Parse(memory, CultureInfo.InvariantCulture) / 1024.0, timed);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static IReadOnlyList<Statement> Statements(DateOnly month, string plate)
    {
        var (from, to) = ($"{month:yyyy-MM-dd}", $"{month.AddDays(Month):yyyy-MM-dd}");
        const string Local = "(captured_at at time zone 'Europe/London')";
        return
        [
            new("count by day and station, one month", 300, true,
                $"select day, station_id, count(*) from city.sightings where day >= date '{from}' and day < date '{to}' group by day, station_id order by day, station_id",
                $"select {Local}::date as day, station_id, count(*) from sightings where captured_at >= timestamp '{from}' at time zone 'Europe/London' and captured_at < timestamp '{to}' at time zone 'Europe/London' group by 1, 2 order by 1, 2"),
            new("one plate's history", 1_000, false,
                $"select captured_at, station_id, camera_id from city.sightings where plate = '{plate}' order by captured_at, id",
                $"select captured_at, station_id, camera_id from sightings where plate = '{plate}' order by captured_at, id"),
            new("group by station and direction, all", 5_000, false,
                "select station_id, direction, count(*), sum(frames) from city.sightings group by station_id, direction order by 1, 2",
                "select station_id, direction, count(*), sum(frames) from sightings group by station_id, direction order by 1, 2"),
            new("group by weekday and hour, all", 5_000, false,
                "select weekday, hour, count(*), count(plate) from city.sightings group by weekday, hour order by 1, 2",
                $"select extract(isodow from {Local})::int, extract(hour from {Local})::int, count(*), count(plate) from sightings group by 1, 2 order by 1, 2"),
        ];
    }

    private static async Task<(double First, double Warm, int Rows, string Answer)> TimeAsync(NpgsqlDataSource data, string sql, CancellationToken cancellationToken)
    {
        var (times, rows, answer) = (new List<double>(), 0, "");
        await using var connection = await data.OpenConnectionAsync(cancellationToken);
        connection.Notice += (_, e) => Say(e.Notice.MessageText);
        for (var i = 0; i <= Times; i++)
        {
            var lines = new List<string>();
            var started = Stopwatch.GetTimestamp();
            await using (var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 })
            await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
            {
                while (await reader.ReadAsync(cancellationToken))
                {
                    lines.Add(string.Join('|', Enumerable.Range(0, reader.FieldCount).Select(c => Convert.ToString(reader.GetValue(c), CultureInfo.InvariantCulture))));
                }
            }

            times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            (rows, answer) = (lines.Count, string.Join('\n', lines));
        }

        return (times[0], Percentile.Of(times[1..], 0.5), rows, answer);
    }

    private static async Task<long> ScalarAsync(NpgsqlDataSource data, string sql, CancellationToken cancellationToken)
    {
        await using var command = data.CreateCommand(sql);
        return Convert.ToInt64(await command.ExecuteScalarAsync(cancellationToken), CultureInfo.InvariantCulture);
    }

    private static void Say(string text) => Console.Error.WriteLine(text);

    private static void Print(LakeFigures f)
    {
        var table = new Table().Title($"{N(f.Rows)} sightings of {f.Days} days in the lake; milliseconds")
            .AddColumns("statement", "target", "lake, warm (median of 5)", "lake, first", "rows", $"Postgres, warm ({N(f.PostgresRows)} sightings of {f.PostgresDays} days)", "the same rows in both");
        foreach (var s in f.Statements)
        {
            table.AddRow(s.Name, "≤ " + N(s.MostMilliseconds), N(s.Warm), N(s.First), N(s.Rows), N(s.Postgres), s.IsSame ? "yes" : "no: Postgres has fewer");
        }

        AnsiConsole.Write(table);
        AnsiConsole.WriteLine($"Files {N(f.Bytes / Mebi)} MiB, {N((double)f.Bytes / f.Rows)} B a sighting; Postgres {N(f.PostgresBytes / Mebi)} MiB, {N((double)f.PostgresBytes / Math.Max(1, f.PostgresRows))} B a sighting.");
        AnsiConsole.WriteLine($"Made and written with its commits: {N(f.RowsASecond)} sightings a second. SmartCity.Lake held {N(f.MostMebibytes)} MiB at most (target: 1,536).");

        static string N(double value) => value.ToString("N0", CultureInfo.InvariantCulture);
    }

    private sealed record Statement(string Name, double MostMilliseconds, bool IsOfTheMonth, string Lake, string Postgres);
}

/// <param name="RowsASecond">Made, written and committed.</param>
/// <param name="MostMebibytes">That the process of SmartCity.Lake held at any time.</param>
internal sealed record LakeFigures(long Rows, int Days, long Bytes, double RowsASecond, long PostgresRows, int PostgresDays, long PostgresBytes, double MostMebibytes, IReadOnlyList<StatementFigure> Statements);

/// <param name="IsSame">Whether both had the same rows, and answered the same.</param>
internal sealed record StatementFigure(string Name, double MostMilliseconds, double First, double Warm, double Postgres, int Rows, bool IsSame);
