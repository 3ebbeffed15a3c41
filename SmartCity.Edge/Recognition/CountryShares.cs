using System.Runtime.CompilerServices;

namespace SmartCity.Edge.Recognition;

/// <summary>How probable each of <see cref="Countries"/> is for what a plate looks like, were all equally common; 0–1, by index.</summary>
[InlineArray(Countries.Count)]
internal struct CountryShares : IEquatable<CountryShares>
{
    private Half _first;

    public static CountryShares Of(ReadOnlySpan<float> probabilities)
    {
        var shares = default(CountryShares);
        for (var i = 0; i < Countries.Count; i++)
        {
            shares[i] = (Half)probabilities[i];
        }

        return shares;
    }

    public readonly bool Equals(CountryShares other)
    {
        ReadOnlySpan<Half> mine = this, theirs = other;
        return mine.SequenceEqual(theirs);
    }

    public override readonly bool Equals(object? obj) => obj is CountryShares other && Equals(other);

    public override readonly int GetHashCode() => this[0].GetHashCode();
}
