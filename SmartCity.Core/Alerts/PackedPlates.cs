using System.Collections.Concurrent;
using System.Numerics;

namespace SmartCity.Core.Alerts;

/// <summary>
/// A set of plates at eight bytes each and half a byte to one of index: a plate is a number, mixed so that numbers spread evenly, sorted, and found
/// by its first bits. What is added later lies in a small set beside it until it is merged. Reading takes no lock.
/// </summary>
public sealed class PackedPlates
{
    private const int PlatesOfABucket = 4;
    private const ulong Odd = 0x9E3779B97F4A7C15;

    private readonly Lock _changing = new();
    private volatile State _state = new(new Table([]), null, []);
    private List<ulong>? _meanwhile;

    public int Count => _state is var s ? s.Table.Keys.Length + (s.Merging?.Count ?? 0) + s.Added.Count : 0;

    /// <summary>Plates that lie in the set beside: they take ten times the memory until the next <see cref="Merge"/> or <see cref="Replace"/>.</summary>
    public int Added => _state.Added.Count;

    /// <summary>Twelve characters A–Z and 0–9 as one number; 0 if the text is not such a plate.</summary>
    public static ulong Pack(ReadOnlySpan<char> plate)
    {
        if (plate.Length is 0 or > 12)
        {
            return 0;
        }

        var key = 0UL;
        foreach (var c in plate)
        {
            var digit = c switch { >= 'A' and <= 'Z' => c - 'A' + 1, >= '0' and <= '9' => c - '0' + 27, _ => 0 };
            if (digit == 0)
            {
                return 0;
            }

            key = key * 37 + (ulong)digit;
        }

        return key;
    }

    /// <summary>From now on, what is added outlives the next <see cref="Replace"/>.</summary>
    public void BeginReplace()
    {
        lock (_changing)
        {
            _meanwhile = [];
        }
    }

    /// <summary>Takes the place of everything before but what was added since <see cref="BeginReplace"/>. The array of packed plates is the set's from now on.</summary>
    public void Replace(ulong[] keys)
    {
        for (var i = 0; i < keys.Length; i++)
        {
            keys[i] = Mix(keys[i]);
        }

        Array.Sort(keys);
        var table = new Table(keys);
        lock (_changing)
        {
            _state = new State(table, null, new((_meanwhile ?? []).Distinct().Where(k => !table.Contains(k)).Select(k => KeyValuePair.Create(k, true))));
            _meanwhile = null;
        }
    }

    /// <summary>Takes what was added into the table; what is added meanwhile stays beside. Not while a <see cref="Replace"/> has begun.</summary>
    public void Merge()
    {
        State before;
        lock (_changing)
        {
            before = _state = new State(_state.Table, _state.Added, []);
        }

        ulong[] added = [.. before.Merging!.Keys];
        Array.Sort(added);
        var table = new Table(Merged(before.Table.Keys, added));
        lock (_changing)
        {
            _state = new State(table, null, _state.Added);
        }
    }

    /// <summary>Adds packed plates.</summary>
    public void Add(params ReadOnlySpan<ulong> keys)
    {
        lock (_changing)
        {
            foreach (var key in keys)
            {
                var mixed = Mix(key);
                _meanwhile?.Add(mixed);
                if (!_state.Contains(mixed))
                {
                    _state.Added.TryAdd(mixed, true);
                }
            }
        }
    }

    public bool Contains(ReadOnlySpan<char> plate) => Pack(plate) is var key and not 0 && Contains(key);

    /// <summary>Whether a packed plate is in the set.</summary>
    public bool Contains(ulong key) => _state.Contains(Mix(key));

    private static ulong[] Merged(ulong[] one, ulong[] other)
    {
        var all = GC.AllocateUninitializedArray<ulong>(one.Length + other.Length);
        var (i, j) = (0, 0);
        for (var next = 0; next < all.Length; next++)
        {
            all[next] = j == other.Length || (i < one.Length && one[i] <= other[j]) ? one[i++] : other[j++];
        }

        return all;
    }

    // Invertible: two plates never become one.
    private static ulong Mix(ulong key)
    {
        key *= Odd;
        return key ^ (key >> 32);
    }

    // Replaced as a whole, so that whoever reads never looks for a plate where it is no more.
    private sealed record State(Table Table, ConcurrentDictionary<ulong, bool>? Merging, ConcurrentDictionary<ulong, bool> Added)
    {
        public bool Contains(ulong key) => Table.Contains(key) || (Added is { IsEmpty: false } && Added.ContainsKey(key)) || Merging?.ContainsKey(key) == true;
    }

    private sealed class Table
    {
        private readonly int[] _starts;
        private readonly int _shift;

        public Table(ulong[] sorted)
        {
            Keys = sorted;
            var bits = Math.Max(1, BitOperations.Log2((uint)Math.Max(1, sorted.Length / PlatesOfABucket)));
            _shift = 64 - bits;
            _starts = new int[(1 << bits) + 1];
            var next = 0;
            for (var bucket = 0; bucket < _starts.Length; bucket++)
            {
                while (next < sorted.Length && sorted[next] >> _shift < (ulong)bucket)
                {
                    next++;
                }

                _starts[bucket] = next;
            }
        }

        public ulong[] Keys { get; }

        public bool Contains(ulong key)
        {
            var bucket = (int)(key >> _shift);
            return Keys.AsSpan(_starts[bucket].._starts[bucket + 1]).Contains(key);
        }
    }
}
