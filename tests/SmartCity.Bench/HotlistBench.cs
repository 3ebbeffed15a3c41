using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Npgsql;
using SmartCity.AllInOne.Infrastructure;
using SmartCity.Contracts;
using SmartCity.Core.Alerts;
using Spectre.Console;

namespace SmartCity.Bench;

/// <summary>
/// <c>bench hotlist</c>: exact entries in memory, from text to the first look-up; look-ups of hits and misses while entries are added; and how fast
/// entries come out of Postgres. The baseline is a set of strings.
/// </summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
internal static class HotlistBench
{
    private const int Lookups = 4_000_000;
    private const int Questions = 1 << 18;
    private const int BaselineEntries = 4_000_000;
    private const int EdgeEntries = 100_000;
    private const string Letters = "ABCDEFGHJKLMNOPRSTUVWXYZ";

    public static Command Create()
    {
        var entries = new Option<int>("--entries") { Description = "Exact entries in memory.", DefaultValueFactory = _ => 45_000_000 };
        var stored = new Option<int>("--stored") { Description = "Entries that are read from Postgres.", DefaultValueFactory = _ => 2_000_000 };
        var json = new Option<bool>("--json") { Description = "Figures as JSON on stdout." };
        var command = new Command("hotlist", "The hot-list in memory: seconds to load, bytes an entry, look-ups a second.") { entries, stored, json };
        command.SetAction(async (parse, cancellationToken) =>
        {
            var figures = new HotlistFigures(Packed(parse.GetValue(entries)), Strings(Math.Min(BaselineEntries, parse.GetValue(entries))), AtEdge(), await FromPostgresAsync(parse.GetValue(stored), cancellationToken));
            Figures.Show(parse.GetValue(json), figures, () => Print(figures));

            return 0;
        });
        return command;
    }

    // Different for each number: letters and digits as on a British plate, with the number's rest in front.
    private static void Plate(int number, Span<char> plate)
    {
        for (var i = 6; i >= 0; i--)
        {
            var choices = i is 2 or 3 ? 10 : Letters.Length;
            plate[i] = choices == 10 ? (char)('0' + number % 10) : Letters[number % choices];
            number /= choices;
        }
    }

    private static string Plate(int number) => string.Create(7, number, static (text, n) => Plate(n, text));

    private static SetFigures Packed(int entries)
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var started = Stopwatch.GetTimestamp();
        var set = new PackedPlates();
        set.Replace(Keys(entries));
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var bytes = (GC.GetTotalMemory(forceFullCollection: true) - before) / (double)entries;
        var questions = Ask(entries);
        set.Contains(questions[0]);
        using var stop = new CancellationTokenSource();
        var adding = Task.Run(() => AddAsync(set, entries, stop.Token));
        var rate = Rate(questions, q => set.Contains(q));
        stop.Cancel();
        adding.Wait(CancellationToken.None);
        return new SetFigures(entries, seconds, bytes, rate);
    }

    private static ulong[] Keys(int entries)
    {
        var keys = GC.AllocateUninitializedArray<ulong>(entries);
        Span<char> plate = stackalloc char[7];
        for (var i = 0; i < entries; i++)
        {
            Plate(i, plate);
            keys[i] = PackedPlates.Pack(plate);
        }

        return keys;
    }

    // Operators at work: a hundred entries a second.
    private static async Task AddAsync(PackedPlates set, int from, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        for (var i = from; !cancellationToken.IsCancellationRequested; i++)
        {
            set.Add(PackedPlates.Pack(Plate(i)));
            await timer.WaitForNextTickAsync(CancellationToken.None);
        }
    }

    private static SetFigures Strings(int entries)
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var started = Stopwatch.GetTimestamp();
        var set = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < entries; i++)
        {
            set.Add(Plate(i));
        }

        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var bytes = (GC.GetTotalMemory(forceFullCollection: true) - before) / (double)entries;
        return new SetFigures(entries, seconds, bytes, Rate(Ask(entries), set.Contains));
    }

    // As an edge holds them: hashed.
    private static SetFigures AtEdge()
    {
        EdgeHotlistEntry[] entries = [.. Enumerable.Range(0, EdgeEntries).Select(i => new EdgeHotlistEntry(Guid.CreateVersion7(DateTimeOffset.UnixEpoch.AddSeconds(i)), Plate(i), 1, DateTimeOffset.MinValue, DateTimeOffset.MaxValue))];
        var started = Stopwatch.GetTimestamp();
        var list = EdgeHotlist.Make(entries);
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        return new SetFigures(EdgeEntries, seconds, list.Bytes.Length / (double)EdgeEntries, Rate(Ask(EdgeEntries), q => list.Find(q, DateTimeOffset.UnixEpoch).Count > 0));
    }

    // Half of them are there.
    private static string[] Ask(int entries)
    {
        var random = new Random(7);
        return [.. Enumerable.Range(0, Questions).Select(i => i % 2 == 0 ? Plate(random.Next(entries)) : Plate(entries + random.Next(1, 100_000_000)))];
    }

    private static double Rate(string[] questions, Func<string, bool> ask)
    {
        var found = 0;
        var started = Stopwatch.GetTimestamp();
        for (var i = 0; i < Lookups; i++)
        {
            found += ask(questions[i & (Questions - 1)]) ? 1 : 0;
        }

        var rate = Lookups / Stopwatch.GetElapsedTime(started).TotalSeconds;
        return found >= Lookups / 2 ? rate : throw new InvalidOperationException($"Only {found} of {Lookups} look-ups found their plate.");
    }

    private static async Task<double> FromPostgresAsync(int entries, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("smartcity-bench").FullName;
        try
        {
            await using var postgres = await EmbeddedPostgres.StartAsync(Path.Combine(folder, "postgres"), cancellationToken);
            await using var data = NpgsqlDataSource.Create(postgres.ConnectionString);
            await using var connection = await data.OpenConnectionAsync(cancellationToken);
            await using (var create = new NpgsqlCommand("create table entries (pattern text not null)", connection))
            {
                await create.ExecuteNonQueryAsync(cancellationToken);
            }

            await using (var copy = await connection.BeginBinaryImportAsync("copy entries from stdin (format binary)", cancellationToken))
            {
                for (var i = 0; i < entries; i++)
                {
                    await copy.StartRowAsync(cancellationToken);
                    await copy.WriteAsync(Plate(i), cancellationToken);
                }

                await copy.CompleteAsync(cancellationToken);
            }

            var started = Stopwatch.GetTimestamp();
            var set = new PackedPlates();
            var keys = new ulong[entries];
            await using (var export = await connection.BeginBinaryExportAsync("copy (select pattern from entries) to stdout (format binary)", cancellationToken))
            {
                for (var i = 0; await export.StartRowAsync(cancellationToken) >= 0; i++)
                {
                    keys[i] = PackedPlates.Pack(await export.ReadAsync<string>(cancellationToken));
                }
            }

            set.Replace(keys);
            return entries / Stopwatch.GetElapsedTime(started).TotalSeconds;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Print(HotlistFigures f)
    {
        var table = new Table().AddColumns("hotlist", "this", "baseline", "target");
        table.AddRow("entries", N(f.Packed.Entries, 0), $"{N(f.Strings.Entries, 0)} strings", "45,000,000");
        table.AddRow("seconds to load from text", N(f.Packed.Seconds, 1), N(f.Strings.Seconds, 1), "< 60");
        table.AddRow("bytes an entry", N(f.Packed.BytesAnEntry, 1), N(f.Strings.BytesAnEntry, 1), "≤ 16");
        table.AddRow("look-ups/s, one thread, while entries are added", N(f.Packed.LookupsPerSecond, 0), $"{N(f.Strings.LookupsPerSecond, 0)} (nothing added)", "≥ 2,000,000");
        table.AddRow("entries/s out of Postgres, ready for look-ups", N(f.EntriesPerSecondFromPostgres, 0), "", $"≥ 750,000 for 45 million in 60 s");
        table.AddRow($"an edge's list of {N(f.AtEdge.Entries, 0)}: seconds to hash", N(f.AtEdge.Seconds, 2), "", "");
        table.AddRow("bytes an entry, on the wire and in memory", N(f.AtEdge.BytesAnEntry, 1), "", "");
        table.AddRow("look-ups/s, one thread", N(f.AtEdge.LookupsPerSecond, 0), "", "≥ 100,000");
        AnsiConsole.Write(table);

        static string N(double value, int digits) => value.ToString($"N{digits}", CultureInfo.InvariantCulture);
    }
}

internal sealed record SetFigures(int Entries, double Seconds, double BytesAnEntry, double LookupsPerSecond);

internal sealed record HotlistFigures(SetFigures Packed, SetFigures Strings, SetFigures AtEdge, double EntriesPerSecondFromPostgres);
