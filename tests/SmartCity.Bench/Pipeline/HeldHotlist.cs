using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Npgsql;
using SmartCity.Contracts.Api;

namespace SmartCity.Bench.Pipeline;

/// <summary>The hot-list of a core that runs: made before it starts, and read by it again and again.</summary>
internal sealed class HeldHotlist(NpgsqlDataSource data, HttpClient core)
{
    private const int AtOnce = 1_000_000;
    private const int Plates = 24 * 24 * 100 * 24 * 24 * 24; // AB12CDE, without I and Q
    private const string Worker = "hot-list";

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    /// <summary>Exact entries that the core held when it was asked last.</summary>
    public long Held { get; private set; }

    /// <summary>How many seconds each reading of the whole list took.</summary>
    public List<double> Seconds { get; } = [];

    /// <summary>
    /// Fills the list. Its entries are spread over all plates, and with one more character than a plate has they meet none of the traffic; those that shall
    /// meet some are given.
    /// </summary>
    public static async Task MakeAsync(NpgsqlDataSource data, int entries, string[] listed, CancellationToken cancellationToken)
    {
        await using var few = data.CreateCommand(
            "insert into hotlist_entries (id, pattern, reason, priority, requested_by, list) select gen_random_uuid(), plate, 'It is seen now and then', 2, 'bench', 'held' from unnest($1) as plate");
        few.Parameters.Add(new() { Value = listed });
        await few.ExecuteNonQueryAsync(cancellationToken);
        var all = Math.Max(0, entries - listed.Length);
        for (var made = 0; made < all; made += AtOnce)
        {
            await using var many = data.CreateCommand(
                $"""
                insert into hotlist_entries (id, pattern, reason, priority, requested_by, list)
                select lpad(to_hex(n), 32, '0')::uuid,
                    substr(c, m / 33177600 + 1, 1) || substr(c, m / 1382400 % 24 + 1, 1) || lpad((m / 13824 % 100)::text, 2, '0')
                        || substr(c, m / 576 % 24 + 1, 1) || substr(c, m / 24 % 24 + 1, 1) || substr(c, m % 24 + 1, 1) || 'Z',
                    'Reported stolen', 1 + n % 5, 'bench', 'held'
                from (select n, n * {Plates / all} as m, 'ABCDEFGHJKLMNOPRSTUVWXYZ' as c from generate_series({made}, {Math.Min(all, made + AtOnce) - 1}) as n) as numbered
                """);
            await many.ExecuteNonQueryAsync(cancellationToken);
        }

        foreach (var statement in (string[])["vacuum analyze hotlist_entries", "checkpoint"])
        {
            await using var command = data.CreateCommand(statement);
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    /// <summary>
    /// Has the core read the whole list again, as it does when it finds that Postgres has gone back to an earlier state: to that before an entry which the
    /// core knows. It is done when the core no longer holds that entry.
    /// </summary>
    public async Task ReadAgainAsync(CancellationToken cancellationToken)
    {
        await LookAsync(cancellationToken);
        var before = Held;
        await using var add = data.CreateCommand("insert into hotlist_entries (id, pattern, reason, priority) values (gen_random_uuid(), 'GONEAGAIN', 'The list goes back to before this', 5) returning change");
        var change = (long)(await add.ExecuteScalarAsync(cancellationToken))!;
        await UntilAsync(before + 1, cancellationToken);
        await using var remove = data.CreateCommand("delete from hotlist_entries where change = $1");
        remove.Parameters.Add(new() { Value = change });
        await remove.ExecuteNonQueryAsync(cancellationToken);
        await using var back = data.CreateCommand("select setval('hotlist_changes', $1)");
        back.Parameters.Add(new() { Value = change - 1 });
        var started = Stopwatch.GetTimestamp();
        await back.ExecuteScalarAsync(cancellationToken);
        await UntilAsync(before, cancellationToken);
        Seconds.Add(Stopwatch.GetElapsedTime(started).TotalSeconds);
    }

    /// <summary>Asks the core how many entries it holds. While it reads the list it says what it held before.</summary>
    public async Task LookAsync(CancellationToken cancellationToken)
    {
        try
        {
            var ops = await core.GetFromJsonAsync<OpsView>("api/ops", JsonSerializerOptions.Web, cancellationToken);
            if (ops!.Workers.FirstOrDefault(w => w.Name == Worker)?.Detail?.Split(' ') is [var plates, "plates,", ..])
            {
                Held = long.Parse(plates, CultureInfo.InvariantCulture);
            }
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            // It is asked again soon.
        }
    }

    private async Task UntilAsync(long held, CancellationToken cancellationToken)
    {
        for (var started = Stopwatch.GetTimestamp(); Held != held; await LookAsync(cancellationToken))
        {
            if (Stopwatch.GetElapsedTime(started) > Patience)
            {
                throw new InvalidOperationException($"After {Patience.TotalMinutes:0} minutes the core holds {Held} entries of the hot-list instead of {held}.");
            }

            await Task.Delay(Look, TimeProvider.System, cancellationToken);
        }
    }
}
