using System.IO.Hashing;
using System.Text;
using Npgsql;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;

namespace SmartCity.Core.Database;

/// <summary>
/// Keeps corrections and batches of sightings of the same plates apart. Otherwise a batch could count on a charge that a correction is just taking back.
/// Batches run side by side, and beside corrections of other plates. Corrections run one after the other, because what one of them stores can speak against a
/// reading of another one's plates. A correction takes its turn, then its plates, waits until the batches that run then have ended, and from then on a batch
/// with one of its plates waits for it. Everything is held to the end of the transaction and taken before any other lock.
/// </summary>
internal static class CorrectionGate
{
    /// <summary>Whoever corrects more than this runs alone: a server has room for so many locks and no more.</summary>
    internal const int MostPlates = 128;

    // What a core is called that knows but one gate, shared by batches and taken by corrections: with such a core, corrections run alone. No other one
    // starts once this core has brought the database up to date, so one that was not there does not come; but after a start of Postgres it may be late.
    internal const string FormerCore = "smartcity-core-watch";

    // Whoever waits for all keeps the batches waiting that come meanwhile: so it waits for a short time, and again after a pause in which they run. The last
    // time it waits like everybody.
    private const int ShortWaits = 10;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    // Batches never take it, and it comes before everything else.
    private const string TakeTurn = "select pg_advisory_xact_lock(2, 5)";
    private const string ShareAll = "select pg_advisory_xact_lock_shared(2, 0)";
    private const string TakeAll = "select pg_advisory_xact_lock(2, 0)";
    private const string TakePlates = "select pg_advisory_xact_lock(7, k) from unnest($1) as k";

    // A batch never queues here behind a correction that waits: then it runs under the other of the two.
    private const string Run =
        "select case when not (pg_try_advisory_xact_lock_shared(2, 1) or pg_try_advisory_xact_lock_shared(2, 2)) then pg_advisory_xact_lock_shared(2, 1)::text end";

    private const string Taken =
        """
        select objid from pg_locks
        where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database()) and classid = 7 and objsubid = 2 and mode = 'ExclusiveLock' and granted
        """;

    // One at a time waits, for those under the first and then for those under the second, and holds none of it afterwards.
    private static readonly string[] AwaitBatches =
    [
        "savepoint turn", "select pg_advisory_xact_lock(2, 3)",
        "savepoint batches", "select pg_advisory_xact_lock(2, 1)", "rollback to savepoint batches",
        "select pg_advisory_xact_lock(2, 2)", "rollback to savepoint turn", "release savepoint turn",
    ];

    /// <summary>What stands for a sighting among plates: two corrections of one sighting may have no plate in common.</summary>
    public static string Of(Guid sighting) => "#" + sighting.ToString("N");

    /// <summary>Begins the transaction of a batch. It waits for running corrections of its plates, and holds nothing while it waits.</summary>
    /// <param name="plates">Those of the batch, and what stands for its sightings that may be stored already.</param>
    public static async Task<NpgsqlTransaction> BeginBatchAsync(NpgsqlConnection connection, IEnumerable<string> plates, CancellationToken cancellationToken)
    {
        var keys = plates.Select(Key).ToHashSet();
        while (true)
        {
            var transaction = await connection.BeginTransactionAsync(cancellationToken);
            try
            {
                var taken = (await EnterAsync(connection, transaction, cancellationToken)).FindAll(keys.Contains);
                if (taken.Count == 0)
                {
                    return transaction;
                }

                await transaction.RollbackAsync(cancellationToken);
                await WaitForAsync(connection, taken, cancellationToken);
            }
            catch
            {
                await transaction.DisposeAsync();
                throw;
            }

            await transaction.DisposeAsync();
        }
    }

    /// <summary>
    /// Runs a correction in a transaction, which it commits itself: <see cref="Correction.CommitAsync"/>. It says with <see cref="Correction.Touches"/> which plates it corrects, before it changes
    /// anything of them; where it did not have them yet, it begins again, and finds what it had read as it is by then.
    /// </summary>
    /// <param name="plates">What it is known to correct; none if it has to look first.</param>
    /// <param name="change">The call's that it belongs to: it is committed with the call's line then. Null for a transaction of its own.</param>
    public static Task<T> CorrectAsync<T>(NpgsqlDataSource dataSource, IEnumerable<string> plates, Func<Correction, Task<T>> correct, CancellationToken cancellationToken, AuditedChange? change = null) =>
        change is null ? CorrectAsync(dataSource, plates, true, correct, cancellationToken) : CorrectAsync(dataSource, change, plates, correct, cancellationToken);

    /// <summary>As a correction, for what works out no charges and may take long: corrections of other plates run meanwhile.</summary>
    public static Task<T> CorrectBesideOthersAsync<T>(NpgsqlDataSource dataSource, IEnumerable<string> plates, Func<Correction, Task<T>> correct, CancellationToken cancellationToken) =>
        CorrectAsync(dataSource, plates, false, correct, cancellationToken);

    private static async Task<T> CorrectAsync<T>(NpgsqlDataSource dataSource, IEnumerable<string> plates, bool inTurn, Func<Correction, Task<T>> correct, CancellationToken cancellationToken)
    {
        var touched = plates.ToHashSet(StringComparer.Ordinal);
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        while (true)
        {
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            var alone = touched.Count > 0 && await TakeAsync(dataSource, connection, transaction, touched, inTurn, cancellationToken);
            var correction = new Correction(connection, transaction, touched, alone);
            try
            {
                return await correct(correction);
            }
            catch (Correction.MorePlatesException more)
            {
                await transaction.RollbackAsync(cancellationToken);
                touched.UnionWith(more.Plates);
            }
        }
    }

    private static async Task<T> CorrectAsync<T>(NpgsqlDataSource dataSource, AuditedChange change, IEnumerable<string> plates, Func<Correction, Task<T>> correct, CancellationToken cancellationToken)
    {
        var touched = plates.ToHashSet(StringComparer.Ordinal);
        var connection = await change.BeginAsync(cancellationToken);
        while (true)
        {
            var alone = touched.Count > 0 && await TakeAsync(dataSource, connection, change.Transaction, touched, true, cancellationToken);
            try
            {
                return await correct(new Correction(connection, change.Transaction, touched, alone, isOwn: false));
            }
            catch (Correction.MorePlatesException more)
            {
                await change.AgainAsync(cancellationToken);
                touched.UnionWith(more.Plates);
            }
        }
    }

    /// <summary>Nothing else runs to the end of the transaction, neither a batch nor a correction.</summary>
    public static async Task RunAloneAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken cancellationToken)
    {
        await ExecuteAsync(connection, transaction, [new(TakeTurn)], cancellationToken);
        await TakeAllAsync(connection, transaction, cancellationToken);
    }

    /// <summary>Waits until the batches and the correction that run now have ended. What they have stored is seen then, and those that come see what was committed before.</summary>
    public static async Task AwaitBatchesAsync(NpgsqlDataSource dataSource, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        if (await MayFormerBeThereAsync(dataSource, connection, transaction, cancellationToken))
        {
            await RunAloneAsync(connection, transaction, cancellationToken);
            return;
        }

        await ExecuteAsync(connection, transaction, [new(TakeTurn), .. AwaitBatches.Select(sql => new NpgsqlBatchCommand(sql))], cancellationToken);
    }

    /// <returns>Whether it runs alone.</returns>
    private static async Task<bool> TakeAsync(NpgsqlDataSource dataSource, NpgsqlConnection connection, NpgsqlTransaction transaction, HashSet<string> plates, bool inTurn, CancellationToken cancellationToken)
    {
        var alone = plates.Count > MostPlates || await MayFormerBeThereAsync(dataSource, connection, transaction, cancellationToken);
        if (inTurn)
        {
            await ExecuteAsync(connection, transaction, [new(TakeTurn)], cancellationToken);
        }

        if (alone)
        {
            await TakeAllAsync(connection, transaction, cancellationToken);
            return true;
        }

        // In one order everywhere.
        var keys = plates.Select(Key).Distinct().Order().ToArray();
        await ExecuteAsync(
            connection,
            transaction,
            [new(ShareAll), new(TakePlates) { Parameters = { new() { Value = keys } } }, .. AwaitBatches.Select(sql => new NpgsqlBatchCommand(sql))],
            cancellationToken);
        return false;
    }

    private static async Task TakeAllAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken cancellationToken)
    {
        for (var i = 0; i < ShortWaits; i++)
        {
            await transaction.SaveAsync("alone", cancellationToken);
            try
            {
                await ExecuteAsync(connection, transaction, [new("set local lock_timeout = '2s'"), new(TakeAll), new("set local lock_timeout to default")], cancellationToken);
                return;
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.LockNotAvailable)
            {
                await transaction.RollbackAsync("alone", cancellationToken);
                await Task.Delay(Pause, TimeProvider.System, cancellationToken);
            }
        }

        await ExecuteAsync(connection, transaction, [new(TakeAll)], cancellationToken);
    }

    /// <returns>What corrections have taken.</returns>
    private static async Task<List<int>> EnterAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection, transaction) { BatchCommands = { new(ShareAll), new(Run), new(Taken) } };
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        var taken = new List<int>();
        while (await reader.ReadAsync(cancellationToken))
        {
            taken.Add(unchecked((int)reader.GetFieldValue<uint>(0)));
        }

        return taken;
    }

    private static async Task WaitForAsync(NpgsqlConnection connection, List<int> taken, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var command = new NpgsqlCommand("select pg_advisory_xact_lock_shared(7, k) from unnest($1) as k", connection, transaction) { Parameters = { new() { Value = taken.Order().ToArray() } } };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<bool> MayFormerBeThereAsync(NpgsqlDataSource dataSource, NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken cancellationToken)
    {
        if (FormerCores.Of(dataSource).MayBeThere)
        {
            return true;
        }

        await using var command = new NpgsqlCommand(
            "select pg_postmaster_start_time() > clock_timestamp() - interval '5 seconds' or exists (select from pg_stat_activity where datname = current_database() and application_name = $1)", connection, transaction)
        {
            Parameters = { new() { Value = FormerCore } },
        };
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, IEnumerable<NpgsqlBatchCommand> commands, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection, transaction);
        foreach (var command in commands)
        {
            batch.BatchCommands.Add(command);
        }

        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    private static int Key(string plate) => unchecked((int)XxHash32.HashToUInt32(Encoding.UTF8.GetBytes(plate)));
}
