namespace SmartCity.Contracts.Demo;

/// <summary>SplitMix64: the same numbers on every runtime, from a seed that may be any number.</summary>
public struct DemoRandom(ulong seed)
{
    private ulong _state = seed;

    public ulong NextBits()
    {
        _state += 0x9E3779B97F4A7C15UL;
        var z = _state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }

    /// <summary>An integer from <paramref name="from"/> to <paramref name="to"/> − 1.</summary>
    public int Next(int from, int to) => from + (int)((UInt128)NextBits() * (uint)(to - from) >> 64);

    /// <summary>A number from 0 to 1, 1 excluded.</summary>
    public double NextDouble() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    public T Of<T>(IReadOnlyList<T> items) => items[Next(0, items.Count)];
}
