using System.Runtime.CompilerServices;

namespace SmartCity.Recognition;

/// <summary>The probability of each of <see cref="Countries"/> by the look of a plate, as if all were equally common. Each is kept as its logarithm in one byte, because every reading holds them.</summary>
internal struct CountryShares : IEquatable<CountryShares>
{
    // Nothing that is seen rules a country out for certain.
    private const double Least = 0.0008;

    private Bytes _logarithms;

    public static CountryShares Of(ReadOnlySpan<float> probabilities)
    {
        var shares = default(CountryShares);
        for (var i = 0; i < Countries.Count; i++)
        {
            shares._logarithms[i] = (byte)Math.Round((1 - Math.Log(Math.Clamp(probabilities[i], Least, 1)) / Math.Log(Least)) * byte.MaxValue);
        }

        return shares;
    }

    /// <summary>A country's probability, 0–1.</summary>
    public readonly double this[int country] => Math.Exp((1 - _logarithms[country] / (double)byte.MaxValue) * Math.Log(Least));

    public readonly bool Equals(CountryShares other)
    {
        ReadOnlySpan<byte> mine = _logarithms, theirs = other._logarithms;
        return mine.SequenceEqual(theirs);
    }

    public override readonly bool Equals(object? obj) => obj is CountryShares other && Equals(other);

    public override readonly int GetHashCode()
    {
        var hash = default(HashCode);
        hash.AddBytes(_logarithms);
        return hash.ToHashCode();
    }

    [InlineArray(Countries.Count)]
    private struct Bytes
    {
        private byte _first;
    }
}
