using System.Security.Cryptography;
using System.Text;
using SmartCity.Contracts.Models;

namespace SmartCity.Core.Models;

/// <summary>Which station gets a new version when, and when the next ring does. Pure.</summary>
internal static class RolloutRings
{
    public const int Last = 2;

    private const double Quarter = 0.25;

    public static string Name(int ring) => ring switch { 0 => "one station", 1 => "a quarter", _ => "all" };

    /// <summary>The stations of the rings up to this one. Each version begins at another station.</summary>
    public static IReadOnlyList<string> Stations(int ring, string version, IEnumerable<string> all)
    {
        var inOrder = all.OrderBy(s => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes($"{version} {s}"))), StringComparer.Ordinal).ToList();
        return ring >= Last ? inOrder : inOrder[..Math.Min(inOrder.Count, ring == 0 ? 1 : Math.Max(2, (int)Math.Ceiling(inOrder.Count * Quarter)))];
    }

    /// <summary>What is known of a ring.</summary>
    /// <param name="beats">Of those of its stations that were heard of lately.</param>
    /// <param name="added">The stations that no ring before had: what they read counts.</param>
    /// <returns>Why every edge has to go back; or what the next ring waits for; both null if it may go on.</returns>
    public static (string? Breach, string? Waiting) Judge(string version, long sequence, IReadOnlyList<(string Station, ModelHeartbeat Model)> beats, IReadOnlySet<string> added, TimeSpan since, ModelOptions options)
    {
        if (beats.FirstOrDefault(b => b.Model is { Phase: ModelPhase.Refused } && b.Model.Candidate == version) is { Station: { } station } refused)
        {
            return ($"{station}: {refused.Model.Reason}", null);
        }

        if (beats.Count == 0)
        {
            return (null, "None of its stations sends heartbeats that say which models it runs.");
        }

        // An edge that still watches the version reads with it: it need not have proved itself, for the ring waits for reads and time of its own.
        var others = beats.Where(b => b.Model.Version != version || b.Model.Order < sequence || b.Model.Phase is not (ModelPhase.Serving or ModelPhase.Watched)).ToList();
        if (others.Count > 0)
        {
            var first = others[0];
            return (null, $"{others.Count} of {beats.Count} stations do not read with it yet; {first.Station} is {Phase(first.Model)}.");
        }

        // Stations of one process say the same.
        var reads = beats.Where(b => added.Contains(b.Station)).Select(b => b.Model.Reads).DefaultIfEmpty().Max();
        return added.Count > 0 && reads < options.RingReads ? (null, $"Its new stations have read {reads} pictures with it; {options.RingReads} are asked for.")
            : since < options.RingTime ? (null, $"It has run for {since.TotalMinutes:0} minutes; {options.RingTime.TotalMinutes:0} are asked for.")
            : (null, null);
    }

    private static string Phase(ModelHeartbeat model) => model.Phase switch
    {
        ModelPhase.Fetching => "fetching it",
        ModelPhase.Shadowing => $"reading beside it ({model.Shadow?.Plates ?? 0} plates)",
        _ => model.Reason is null ? "not asking for it yet" : $"waiting: {model.Reason}",
    };
}
