using System.Globalization;
using DuckDB.NET.Data;
using DuckDB.NET.Native;
using SmartCity.Core.Lake;
using SmartCity.Core.Lake.Iceberg;
using SmartCity.Lake.Relay;
using SmartCity.Lake.Sql;
using SmartCity.Lake.Tables;

namespace SmartCity.Lake;

/// <summary>Runs statements in the lake, within its limits.</summary>
internal sealed class LakeRun(LakeSnapshots snapshots, FileCache cache, DuckEngines engines, CityZone city, HiddenPlates hidden, LakeOptions options, TimeProvider time)
{
    /// <param name="row">Gets each row; false if it wants no more.</param>
    /// <exception cref="LakeLimitException">The statement would use more than it may.</exception>
    /// <exception cref="NotForTheLakeException">A constant has no value in the lake.</exception>
    /// <param name="isForeign">Whether Postgres asks it, for a statement of its own.</param>
    public async Task RunAsync(Translation statement, Facts facts, Func<DuckDBDataReader, bool> row, CancellationToken cancellationToken, bool isForeign = false)
    {
        var timeout = facts.Timeout > TimeSpan.Zero && facts.Timeout < options.Timeout ? facts.Timeout : options.Timeout;
        using var late = new CancellationTokenSource(timeout, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            await RunWithinAsync(statement, facts, row, isForeign, stop.Token);
        }
        catch (Exception e) when (late.IsCancellationRequested && !cancellationToken.IsCancellationRequested && e is OperationCanceledException or DuckDBException)
        {
            throw new LakeLimitException("57014", string.Create(CultureInfo.InvariantCulture, $"canceling statement due to statement timeout: it took longer than {timeout.TotalSeconds:0.###} s in the lake"));
        }
        catch (DuckDBException) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
    }

    /// <summary>What a statement would read of each of its tables.</summary>
    public async Task<IReadOnlyList<PlannedRead>> PlanAsync(Translation statement, Facts facts, CancellationToken cancellationToken)
    {
        var all = await snapshots.ReadAsync([.. statement.Tables.Select(t => t.Table)], cancellationToken);
        return [.. statement.Tables.Select((t, i) =>
        {
            var files = FilePruning.Select(t.Table, all[i].Files, t.Bounds, facts.Numbers);
            var days = BoundBy(t) is null ? [] : files.Select(DayOf).Distinct().Order().ToList();
            return new PlannedRead(t, files.Count, all[i].Files.Count, files.Sum(f => f.File.Rows), all[i].Files.Sum(f => f.File.Rows), files.Sum(f => f.File.Bytes), days.Count, days.Count == 0 ? null : (Day(days[0]), Day(days[^1])));
        })];

        static DateOnly Day(int day) => DateOnly.FromDateTime(DateTime.UnixEpoch).AddDays(day);
    }

    private async Task RunWithinAsync(Translation statement, Facts facts, Func<DuckDBDataReader, bool> row, bool isForeign, CancellationToken cancellationToken)
    {
        var constants = statement.Constants.Select((c, i) => SessionFacts.Duck(c, facts.Constants[i])).ToList();
        var all = await snapshots.ReadAsync([.. statement.Tables.Select(t => t.Table)], cancellationToken);
        var chosen = statement.Tables.Select((t, i) => FilePruning.Select(t.Table, all[i].Files, t.Bounds, facts.Numbers)).ToList();
        for (var i = 0; i < chosen.Count; i++)
        {
            Limit(statement.Tables[i], chosen[i], isForeign);
        }

        var files = chosen.SelectMany(f => f).Select(f => f.File).DistinctBy(f => f.Location).ToList();
        using var lease = await cache.LeaseAsync(files, cancellationToken);
        var paths = files.Zip(lease.Paths).ToDictionary(p => p.First.Location, p => p.Second, StringComparer.Ordinal);
        var zone = await city.ReadAsync(cancellationToken);
        var restricted = await hidden.ReadAsync(cancellationToken);
        var scans = statement.Tables.Select((t, i) => ScanSql.Of(t.Table, [.. chosen[i].Select(f => (f, paths[f.File.Location]))], zone, restricted)).ToList();
        var sql = RowEncoder.Readable(statement.Fill(scans, constants), statement.Outputs);
        var engine = await engines.TakeAsync(facts.Zone.Id, cancellationToken);
        var isGood = false;
        try
        {
            await Task.Factory.StartNew(() => engine.Run(sql, row, cancellationToken), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            isGood = true;
        }
        catch (DuckDBException e) when (!cancellationToken.IsCancellationRequested && LakeErrors.MayBeOfAFile(e) && DamagedFile.Find(engine, files, paths, cancellationToken) is { } damaged)
        {
            cache.Evict(damaged);
            throw new InvalidDataException($"{damaged.Location} cannot be read: it is damaged ({LakeErrors.Of(e).Message}). 'smartcity lake check' looks at every file.", e);
        }
        catch (DuckDBException e) when (e.ErrorType is DuckDBErrorType.Interrupt or DuckDBErrorType.InvalidInput or DuckDBErrorType.OutOfRange or DuckDBErrorType.Conversion)
        {
            isGood = true;
            throw;
        }
        finally
        {
            engines.Return(engine, isGood);
        }
    }

    /// <summary>The column by which a statement says from when until when; null if its table is of no days.</summary>
    public static string? BoundBy(TableUse use) => use.Table.Definition.PartitionBy;

    /// <summary>A bound of time, as an example.</summary>
    /// <param name="isForeign">Whether it has to come from Postgres, which works it out first only if it is a subquery.</param>
    public static string Bound(TableUse use, string by, bool isForeign) =>
        $"where {by} >= {(isForeign ? "(select " : "")}{(use.Table[by].Type == LakeType.Date ? "current_date - 30" : "now() - interval '30 days'")}{(isForeign ? ")" : "")}";

    // Who asks for everything by mistake is told what to add. A bound that leaves no day out is none.
    private void Limit(TableUse use, IReadOnlyList<SnapshotFile> files, bool isForeign)
    {
        if (BoundBy(use) is not { } by)
        {
            return;
        }

        var days = files.Select(DayOf).Distinct().Count();
        if (days > options.MostDays)
        {
            throw new LakeLimitException(
                "54000",
                string.Create(CultureInfo.InvariantCulture, $"{days} days of city.{use.Table.Name} would be read; one statement may read {options.MostDays} (Lake:MostDays)"),
                $"Say from when on: {Bound(use, by, isForeign)}");
        }
    }

    private static int DayOf(SnapshotFile file) => file.File.Partition is [int day, ..] ? day : 0;
}

/// <summary>What a statement would read of one table.</summary>
/// <param name="Files">Of <paramref name="AllFiles"/>.</param>
/// <param name="Rows">That those files have, of <paramref name="AllRows"/>.</param>
/// <param name="Span">The first day and the last; null if the table is of no days, or none is read.</param>
internal sealed record PlannedRead(TableUse Use, int Files, int AllFiles, long Rows, long AllRows, long Bytes, int Days, (DateOnly First, DateOnly Last)? Span);

/// <summary>A statement would use more than it may, or has.</summary>
/// <param name="state">Of Postgres.</param>
/// <param name="hint">What to do; null if there is nothing to add.</param>
internal sealed class LakeLimitException(string state, string message, string? hint = null) : Exception(message)
{
    public string State => state;

    public static LakeLimitException Rows(long most) => new("54000", string.Create(CultureInfo.InvariantCulture, $"the statement returns more than {most} rows"), "Group the rows, add a LIMIT, or read the tables with Spark or Trino.");

    public static LakeLimitException Bytes(long most) => new("54000", string.Create(CultureInfo.InvariantCulture, $"the statement returns more than {most} bytes"), "Group the rows, name fewer columns, or read the tables with Spark or Trino.");

    public string? Hint => hint;
}
