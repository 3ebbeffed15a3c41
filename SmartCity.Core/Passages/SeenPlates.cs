namespace SmartCity.Core.Passages;

/// <summary>
/// Plates that the table <c>seen_plates</c> has, in memory, so that nothing is asked of it about a vehicle that comes again. It holds as long as nobody has
/// taken a plate out of the table and Postgres is the one that it was: see <see cref="SeenState"/>. Safe to use from several threads.
/// </summary>
public sealed class SeenPlates
{
    // In each of two halves, eight bytes each and as much again for the set; when one is full, the older one is forgotten.
    private const int Most = 200_000;
    private const int Letters = 36;
    private const int LongestPlate = 12;

    private readonly Lock _lock = new();
    private HashSet<ulong> _newer = [];
    private HashSet<ulong> _older = [];
    private SeenState _state;

    /// <summary>Those that may not be in the table, each once, in the order of their characters.</summary>
    /// <param name="state">What the batch's transaction has read, while no correction touches its plates.</param>
    public string[] Unknown(SeenState state, IEnumerable<string> plates)
    {
        var distinct = plates.Distinct(StringComparer.Ordinal);
        lock (_lock)
        {
            return [.. (state == _state ? distinct.Where(p => !Knows(p)) : distinct).Order(StringComparer.Ordinal)];
        }
    }

    /// <summary>Remembers plates whose rows are committed.</summary>
    /// <param name="state">With which they were stored.</param>
    public void Remember(SeenState state, IReadOnlyCollection<string> plates)
    {
        lock (_lock)
        {
            if (state != _state)
            {
                // An older batch may be the last to end: what is newer is forgotten too then, which costs time alone.
                (_newer, _older, _state) = ([], [], state);
            }

            foreach (var plate in plates)
            {
                if (Packed(plate) is { } packed && _newer.Add(packed) && _newer.Count >= Most)
                {
                    (_newer, _older) = ([], _newer);
                }
            }
        }
    }

    private bool Knows(string plate) => Packed(plate) is { } packed && (_newer.Contains(packed) || _older.Contains(packed));

    // Exact; null where a plate is none of twelve letters and digits at most.
    private static ulong? Packed(string plate)
    {
        if (plate.Length is 0 or > LongestPlate)
        {
            return null;
        }

        ulong packed = 0;
        foreach (var c in plate)
        {
            var place = c is >= '0' and <= '9' ? c - '0' : c is >= 'A' and <= 'Z' ? c - 'A' + 10 : Letters;
            if (place == Letters)
            {
                return null;
            }

            packed = (packed * (Letters + 1)) + (ulong)place + 1;
        }

        return packed;
    }
}

/// <summary>Which table <c>seen_plates</c> it is that a batch finds.</summary>
/// <param name="Removals">How often plates were taken out of it.</param>
/// <param name="PostgresStarted">When its Postgres was started: one that has taken over may have lost what was committed last.</param>
/// <param name="Table">Its number in Postgres: another one has been made anew.</param>
public readonly record struct SeenState(long Removals, DateTimeOffset PostgresStarted, uint Table);
