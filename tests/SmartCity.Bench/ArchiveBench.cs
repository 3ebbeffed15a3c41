using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using ParquetSharp;
using SmartCity.AllInOne.Infrastructure;
using SmartCity.Contracts;
using SmartCity.Contracts.Cities;
using SmartCity.Contracts.Demo;
using SmartCity.Core;
using SmartCity.Core.Archive;
using SmartCity.Core.Database;
using SmartCity.Core.Lake;
using SmartCity.Core.Sightings;
using SmartCity.ServiceDefaults;
using Spectre.Console;

namespace SmartCity.Bench;

/// <summary>
/// <c>bench archive</c>: stored sightings to Parquet objects in a folder, and small objects to large ones, Postgres on the same machine. The baseline
/// writes the same rows as gzipped JSON lines.
/// </summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
internal static class ArchiveBench
{
    private const int BatchRows = 2_000;
    private const int SmallObjects = 24;
    private const int Commits = 100;
    private const double Mega = 1e6;

    public static Command Create()
    {
        var count = new Option<int>("--count") { Description = "Sightings.", DefaultValueFactory = _ => 300_000 };
        var json = new Option<bool>("--json") { Description = "Figures as JSON on stdout." };
        var command = new Command("archive", "Postgres to Parquet: megabytes a second, bytes a sighting.") { count, json };
        command.SetAction(async (parse, cancellationToken) =>
        {
            var figures = await RunAsync(parse.GetValue(count), cancellationToken);
            Figures.Show(parse.GetValue(json), figures, () => Print(figures));

            return 0;
        });
        return command;
    }

    private static async Task<ArchiveBenchFigures> RunAsync(int count, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("smartcity-bench").FullName;
        try
        {
            await using var postgres = await EmbeddedPostgres.StartAsync(Path.Combine(folder, "postgres"), cancellationToken);
            using var broker = new InProcessBroker([]);
            await using var app = Build(postgres.ConnectionString, broker.BootstrapServers, folder);
            await app.StartAsync(cancellationToken);
            await app.Services.GetRequiredService<DatabaseStartup>().Ready;
            var from = TimeProvider.System.GetUtcNow().UtcDateTime.Date.AddDays(-2);
            await StoreAsync(app.Services.GetRequiredService<SightingIngest>(), DemoTraffic.Sightings(City.Load(null), 1, from, count / 80_000.0).Take(count).Select(WithEvidence), cancellationToken);

            var objects = Path.Combine(folder, "objects", "lake", "city", "sightings", "data");

            // Small objects, as a day leaves them, then large ones; each is timed. Before them objects of one row, which are little else than their commits.
            var writer = app.Services.GetRequiredService<ArchiveWriter>();
            var commits = await TimeAsync(() => CommitAsync(app.Services.GetRequiredService<NpgsqlDataSource>(), writer, cancellationToken), objects);
            var rolled = await TimeAsync(() => writer.RollAsync(count / SmallObjects, DateTimeOffset.MaxValue, cancellationToken), objects);
            var compaction = app.Services.GetRequiredService<LakeCompaction>();
            var compacted = await TimeAsync(() => compaction.RunAsync(DateOnly.MaxValue, 128 * 1024 * 1024, cancellationToken), objects);
            var baseline = await TimeAsync(() => JsonLinesAsync(app.Services.GetRequiredService<NpgsqlDataSource>(), Path.Combine(folder, "lines.gz"), cancellationToken), null);
            await app.StopAsync(cancellationToken);
            return new ArchiveBenchFigures(rolled, compacted, baseline, commits);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static WebApplication Build(string postgres, string kafka, string folder)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Error);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["ConnectionStrings:postgres"] = postgres,
            ["ConnectionStrings:core-kafka"] = kafka,
            ["ConnectionStrings:objects"] = Path.Combine(folder, "objects"),
            ["Core:Secrets:KeyFile"] = Path.Combine(folder, "core-secret"),
            ["Archive:RollAfter"] = "1.00:00:00",
            ["Archive:RollBytes"] = (1024 * 1024 * 1024).ToString(CultureInfo.InvariantCulture),
            ["urls"] = "http://127.0.0.1:0",
        });
        builder.AddServiceDefaults();
        builder.AddCore();
        return builder.Build();
    }

    private static async Task StoreAsync(SightingIngest ingest, IEnumerable<Sighting> sightings, CancellationToken cancellationToken)
    {
        var offset = 0L;
        foreach (var batch in sightings.Chunk(BatchRows))
        {
            await ingest.ApplyAsync(
                [.. batch.Select(s => new SightingRecord(s, new RecordPosition(Topics.Mirrored(s.StationId, Topics.Sightings), 0, offset++), NewTrace()))],
                [],
                cancellationToken);
        }
    }

    // As a camera with pixels names its pictures.
    private static Sighting WithEvidence(Sighting s) =>
        s with { Evidence = string.Create(CultureInfo.InvariantCulture, $"evidence/{s.StationId}/{s.CapturedAt:yyyy/MM/dd/HH}/{s.Id}.jpg") };

    private static ActivityContext NewTrace() => new(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), ActivityTraceFlags.Recorded);

    /// <param name="objects">Folder of the objects made; null when they are no Parquet.</param>
    private static async Task<Timed> TimeAsync(Func<Task<ArchiveRoll>> work, string? objects)
    {
        var since = TimeProvider.System.GetUtcNow().UtcDateTime;
        var started = Stopwatch.GetTimestamp();
        var made = await work();
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        long? data = objects is null ? null : new DirectoryInfo(objects).EnumerateFiles("*.parquet", SearchOption.AllDirectories).Where(f => f.LastWriteTimeUtc >= since).Sum(f => DataBytes(f.FullName));
        return new Timed(made.Objects, made.Rows, made.Bytes, data, seconds);
    }

    // Encoded columns before compression.
    private static long DataBytes(string path)
    {
        using var file = new ParquetFileReader(path);
        var bytes = 0L;
        for (var g = 0; g < file.FileMetaData.NumRowGroups; g++)
        {
            using var group = file.RowGroup(g);
            bytes += group.MetaData.TotalByteSize;
        }

        return bytes;
    }

    // The rest of the queue waits meanwhile.
    private static async Task<ArchiveRoll> CommitAsync(NpgsqlDataSource data, ArchiveWriter writer, CancellationToken cancellationToken)
    {
        await ExecuteAsync(
            $"""
            create table waits as select * from archive_batches;
            delete from archive_batches where from_at > (select min(from_at) from archive_batches);
            update archive_batches set rows = {Commits}, captured_at = captured_at[:{Commits}], sighting_ids = sighting_ids[:{Commits}]
            """);
        var made = await writer.RollAsync(1, DateTimeOffset.MaxValue, cancellationToken);
        await ExecuteAsync(
            $"""
            update waits set rows = rows - {Commits}, captured_at = captured_at[{Commits + 1}:], sighting_ids = sighting_ids[{Commits + 1}:] where from_at = (select min(from_at) from waits);
            insert into archive_batches select * from waits;
            drop table waits
            """);
        return made;

        async Task ExecuteAsync(string sql)
        {
            await using var command = data.CreateCommand(sql);
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    private static async Task<ArchiveRoll> JsonLinesAsync(NpgsqlDataSource data, string path, CancellationToken cancellationToken)
    {
        var rows = 0L;
        await using (var file = File.Create(path))
        await using (var gzip = new GZipStream(file, CompressionLevel.Fastest))
        await using (var lines = new StreamWriter(gzip))
        {
            await using var command = data.CreateCommand("select row_to_json(s)::text from (select * from sightings order by captured_at) as s");
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            for (; await reader.ReadAsync(cancellationToken); rows++)
            {
                await lines.WriteLineAsync(reader.GetString(0).AsMemory(), cancellationToken);
            }
        }

        return new ArchiveRoll(1, rows, new FileInfo(path).Length);
    }

    private static void Print(ArchiveBenchFigures f)
    {
        var table = new Table().AddColumns("archive", "objects", "sightings/s", "MB/s of columns", "MB/s on disk", "bytes a sighting", "target");
        Row("Postgres to Parquet", f.Rolled, "");
        Row("compaction, Parquet to Parquet", f.Compacted, "≥ 30 MB/s of columns");
        Row("baseline: whole table to gzipped JSON lines, no queue", f.Baseline, "");
        AnsiConsole.Write(table);
        AnsiConsole.WriteLine($"An object of one row, written and committed to the lake: {N(f.Commits.Seconds * 1_000 / f.Commits.Objects, 1)} ms (target: 100 ms at most).");

        void Row(string name, Timed t, string target) => table.AddRow(
            name, N(t.Objects, 0), N(t.Rows / t.Seconds, 0), t.DataBytes is { } data ? N(data / Mega / t.Seconds, 1) : "", N(t.Bytes / Mega / t.Seconds, 1), N((double)t.Bytes / t.Rows, 1), target);

        static string N(double value, int digits) => value.ToString($"N{digits}", CultureInfo.InvariantCulture);
    }
}

/// <param name="DataBytes">Encoded columns before compression; null for what has no columns.</param>
internal sealed record Timed(int Objects, long Rows, long Bytes, long? DataBytes, double Seconds);

/// <param name="Commits">Objects of one row.</param>
internal sealed record ArchiveBenchFigures(Timed Rolled, Timed Compacted, Timed Baseline, Timed Commits);
