namespace SmartCity.Core.Alerts;

/// <summary>A set of plates at eight bytes each: sorted keys, looked up by halving. What is added later lies in a small set beside it.</summary>
public sealed class PackedPlates
{
    private readonly HashSet<ulong> _added = [];
    private readonly Lock _adding = new();
    private ulong[] _sorted = [];

    public int Count
    {
        get
        {
            lock (_adding)
            {
                return _sorted.Length + _added.Count;
            }
        }
    }

    /// <summary>Twelve characters A–Z and 0–9 as one number; 0 when the text is no such plate.</summary>
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

    /// <summary>Takes the place of everything before. The array is sorted in place and kept.</summary>
    public void Replace(ulong[] keys)
    {
        Array.Sort(keys);
        lock (_adding)
        {
            _sorted = keys;
            _added.Clear();
        }
    }

    public void Add(ulong key)
    {
        lock (_adding)
        {
            _added.Add(key);
        }
    }

    public bool Contains(ReadOnlySpan<char> plate)
    {
        var key = Pack(plate);
        var sorted = Volatile.Read(ref _sorted);
        if (key == 0)
        {
            return false;
        }

        if (Array.BinarySearch(sorted, key) >= 0)
        {
            return true;
        }

        lock (_adding)
        {
            return _added.Contains(key);
        }
    }
}
