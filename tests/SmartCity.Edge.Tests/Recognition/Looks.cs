using SmartCity.Recognition;

namespace SmartCity.Edge.Tests.Recognition;

/// <summary>What a plate would have looked like.</summary>
internal static class Looks
{
    /// <summary>One that looks like a country's with this probability, and like each other's with an equal share of the rest.</summary>
    public static PlateAppearance Like(string country, float probability = 0.9f)
    {
        var shares = new float[Countries.Count];
        Array.Fill(shares, (1 - probability) / (Countries.Count - 1));
        shares[Countries.IndexOf(country)] = probability;
        return PlateAppearance.Neutral with { Shares = CountryShares.Of(shares) };
    }
}
