using Npgsql;
using SmartCity.Core.Api;

namespace SmartCity.Core.Alerts;

/// <summary>
/// Which plates may be of interest, in memory. It may let through too much and never too little: until the list is loaded it lets through every plate,
/// and whoever relies on it reads what changed since in its own transaction. A Postgres that is not the one it was may have gone back to an earlier state, and
/// the numbers of its changes with it: then the list is loaded anew. Whether an entry holds at a passage's time is asked of Postgres. Thread-safe.
/// </summary>
public sealed class HotListSieve
{
    private const int Page = 20_000;
    private const long Never = -1;

    private readonly Lock _changing = new();
    private volatile Wild[] _patterns = [];
    private volatile bool _isLoaded;
    private long _known = Never;
    private ListState? _state;
    private int _loads;

    /// <summary>Number of the last change that is known.</summary>
    public long Known => Volatile.Read(ref _known);

    /// <summary>Exact entries in memory.</summary>
    public int Count => Plates.Count;

    /// <summary>Entries with ? or * in memory.</summary>
    public int Patterns => _patterns.Length;

    /// <summary>Whether every entry has been read once.</summary>
    public bool IsLoaded => _isLoaded;

    internal PackedPlates Plates { get; } = new();

    /// <summary>Whether an entry may match; false is certain for all that was committed before the last <see cref="CatchUpAsync"/>.</summary>
    public bool MayMatch(string plate) => Known == Never || MayBeListed(plate) || _patterns.Any(p => PlatePattern.Matches(p.Pattern, plate));

    /// <summary>Whether the plate itself, not a pattern, may be on the list.</summary>
    public bool MayBeListed(string plate) => MayBeListed(plate.AsSpan());

    /// <inheritdoc cref="MayBeListed(string)"/>
    public bool MayBeListed(ReadOnlySpan<char> plate) => !_isLoaded || Plates.Contains(plate);

    /// <summary>What may stand in entries that match the plate: itself, and patterns. Empty is certain, as in <see cref="MayMatch"/>.</summary>
    public IEnumerable<string> Matching(string plate)
    {
        var patterns = _patterns.Where(p => PlatePattern.Matches(p.Pattern, plate)).Select(p => p.Pattern);
        return MayBeListed(plate) ? patterns.Prepend(plate) : patterns;
    }

    /// <summary>Patterns that the plate matches in print, though not as it was read. Empty is certain, as in <see cref="MayMatch"/>.</summary>
    public IEnumerable<string> MatchingInPrint(string plate)
    {
        var patterns = _patterns;
        if (patterns.Length == 0)
        {
            return [];
        }

        var printed = PlatePattern.InPrint(plate);
        return patterns.Where(p => PlatePattern.Matches(p.Printed, printed) && !PlatePattern.Matches(p.Pattern, plate)).Select(p => p.Pattern);
    }

    /// <summary>Reads what has been committed since the last time, with the caller's connection and in its transaction if there is one.</summary>
    public async Task CatchUpAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        do
        {
            if (Known == Never)
            {
                await ReadPatternsAsync(connection, cancellationToken);
            }
        }
        while (await ReadChangesAsync(connection, cancellationToken));
    }

    /// <summary>Reads the entries with ? or * anew, so that those that were removed match no more.</summary>
    public async Task ReadPatternsAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "select coalesce((select max(change) from hotlist_entries where change > 0), 0), array(select distinct pattern from hotlist_entries where pattern ~ '[?*]')", connection);
        var (newest, patterns) = (await command.ReadAllAsync(r => (r.GetInt64(0), r.GetFieldValue<string[]>(1)), cancellationToken))[0];
        lock (_changing)
        {
            _patterns = [.. patterns.Select(p => new Wild(p, newest)).Concat(_patterns.Where(p => p.Change > newest)).DistinctBy(p => p.Pattern)];
            _known = _known == Never ? newest : _known;
        }
    }

    /// <summary>From now on what is read by <see cref="CatchUpAsync"/> outlives <see cref="Loaded"/>.</summary>
    /// <returns>The number of the load.</returns>
    internal int BeginLoad()
    {
        lock (_changing)
        {
            Plates.BeginReplace();
            return _loads;
        }
    }

    /// <summary>Every exact entry that was there when, or after, <see cref="BeginLoad"/> was called. They count for nothing if Postgres has become another one since.</summary>
    internal void Loaded(int load, ulong[] keys)
    {
        lock (_changing)
        {
            if (load == _loads)
            {
                Plates.Replace(keys);
                _isLoaded = true;
            }
        }
    }

    // Until the list has been loaded again, every plate is let through.
    private bool HasGoneBack(long last, ListState state, long known, int load)
    {
        lock (_changing)
        {
            var before = _state;
            _state = state;
            if (before is null || (before == state && (last >= known || load != _loads)))
            {
                return false;
            }

            (_known, _isLoaded) = (Never, false);
            _loads++;
            return true;
        }
    }

    /// <returns>Whether there may be more.</returns>
    private async Task<bool> ReadChangesAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var (known, load) = (Known, Volatile.Read(ref _loads));
        if (known == Never)
        {
            return true;
        }

        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new("select last_value, pg_postmaster_start_time(), 'hotlist_entries'::regclass::oid from hotlist_changes"),
                new("select pattern, change from hotlist_entries where change > $1 and change > 0 order by change limit $2") { Parameters = { new() { Value = known }, new() { Value = Page } } },
            },
        };
        var changed = new List<Wild>();
        await using (var reader = await batch.ExecuteReaderAsync(cancellationToken))
        {
            await reader.ReadAsync(cancellationToken);
            var (last, state) = (reader.GetInt64(0), new ListState(reader.Time(1), reader.GetFieldValue<uint>(2)));
            await reader.NextResultAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                changed.Add(new Wild(reader.GetString(0), reader.GetInt64(1)));
            }

            if (HasGoneBack(last, state, known, load))
            {
                return true;
            }
        }

        if (changed.Count == 0)
        {
            return false;
        }

        Plates.Add([.. changed.Where(c => PlatePattern.IsExact(c.Pattern)).Select(c => PackedPlates.Pack(c.Pattern))]);
        lock (_changing)
        {
            var wild = changed.Where(c => !PlatePattern.IsExact(c.Pattern)).ToList();
            if (wild.Count > 0)
            {
                _patterns = [.. wild.AsEnumerable().Reverse().Concat(_patterns).DistinctBy(p => p.Pattern)];
            }

            // A number of the state before says nothing of the one that has come since.
            _known = load == _loads ? Math.Max(_known, changed[^1].Change) : _known;
        }

        return changed.Count == Page;
    }

    // When its Postgres was started, and the table's number there: another one has been made anew.
    private sealed record ListState(DateTimeOffset PostgresStarted, uint Table);

    /// <param name="Change">Its number, or a later one.</param>
    private readonly record struct Wild(string Pattern, long Change)
    {
        public string Printed { get; } = PlatePattern.InPrint(Pattern);
    }
}
