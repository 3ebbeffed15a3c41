using System.Text.Json.Serialization;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;

namespace SmartCity.Core.Packages;

/// <summary>What a package rests on, as data: its file <c>record.json</c>.</summary>
internal sealed record PackageRecords
{
    /// <summary>Of one vehicle, scheme and day each, oldest first.</summary>
    public List<ChargeView> Charges { get; init; } = [];

    public List<DisputeView> Disputes { get; init; } = [];

    public List<PackagedAlert> Alerts { get; init; } = [];

    /// <summary>What the cameras read, with other possible readings; the keeper's name is masked.</summary>
    public List<SightingView> Sightings { get; init; } = [];

    public List<PackagedDecision> Decisions { get; init; } = [];

    public List<TariffView> Tariffs { get; init; } = [];

    /// <summary>SHA-256 of the pictures as the edges recorded them, by key; 64 hexadecimal digits in lower case.</summary>
    public Dictionary<string, string> Recorded { get; init; } = [];

    /// <summary>SHA-256 of the pictures when they were copied into an investigation, by key; 64 hexadecimal digits in lower case.</summary>
    public Dictionary<string, string> Copied { get; init; } = [];

    /// <summary>Keys of the pictures of all sightings: frames, plates, and frames before and after.</summary>
    [JsonIgnore]
    public IEnumerable<string> PictureKeys =>
        [.. Sightings.Select(s => s.Evidence).OfType<string>().Distinct(StringComparer.Ordinal).SelectMany(k => (string[])[k, Sighting.PatchKey(k)]), .. Sightings.Select(s => s.Strip?.Key).OfType<string>().Distinct(StringComparer.Ordinal)];

    /// <summary>Every plate that it names as a vehicle's.</summary>
    [JsonIgnore]
    public IEnumerable<string?> Plates => [.. Charges.Select(c => c.Plate), .. Alerts.Select(a => a.Alert.Plate), .. Sightings.SelectMany(s => (string?[])[s.Plate, s.Decision?.Read])];

    /// <summary>Adds what an earlier copy of the same has. Of a thing in both the newer counts, but for what retention or an erasure has taken out of it.</summary>
    public void AddEarlier(PackageRecords earlier)
    {
        Merge(Charges, earlier.Charges, c => c.Id, (now, before) => now with { Evidence = now.Evidence ?? before.Evidence });
        Merge(Disputes, earlier.Disputes, d => d.Id, (now, before) => now with { Charge = now.Charge with { Evidence = now.Charge.Evidence ?? before.Charge.Evidence } });
        Merge(Alerts, earlier.Alerts, a => a.Alert.Id, (now, before) => new PackagedAlert(now.Alert with { Evidence = now.Alert.Evidence ?? before.Alert.Evidence, Patch = now.Alert.Patch ?? before.Alert.Patch }, now.Actions.Count < before.Actions.Count ? before.Actions : now.Actions));
        Merge(Sightings, earlier.Sightings, s => s.Id, (now, before) => now.Characters.Count < before.Characters.Count
            ? before
            : now with { Evidence = now.Evidence ?? before.Evidence, Patch = now.Patch ?? before.Patch, PassageId = now.PassageId ?? before.PassageId, Strip = now.Strip ?? before.Strip });
        Add(earlier);
    }

    /// <summary>Adds what others has and this has not.</summary>
    public void Add(PackageRecords others)
    {
        Charges.AddRange(others.Charges.ExceptBy(Charges.Select(c => c.Id), c => c.Id));
        Disputes.AddRange(others.Disputes.ExceptBy(Disputes.Select(d => d.Id), d => d.Id));
        Alerts.AddRange(others.Alerts.ExceptBy(Alerts.Select(a => a.Alert.Id), a => a.Alert.Id));
        Sightings.AddRange(others.Sightings.ExceptBy(Sightings.Select(s => s.Id), s => s.Id));
        Decisions.AddRange(others.Decisions.Except(Decisions));
        Tariffs.AddRange(others.Tariffs.ExceptBy(Tariffs.Select(t => (t.Version, t.From)), t => (t.Version, t.From)));
        foreach (var (key, sha256) in others.Recorded)
        {
            Recorded.TryAdd(key, sha256);
        }

        foreach (var (key, sha256) in others.Copied)
        {
            Copied.TryAdd(key, sha256);
        }
    }

    private static void Merge<T>(List<T> all, List<T> earlier, Func<T, Guid> id, Func<T, T, T> merge)
    {
        var before = earlier.ToDictionary(id);
        for (var i = 0; i < all.Count; i++)
        {
            if (before.TryGetValue(id(all[i]), out var was))
            {
                all[i] = merge(all[i], was);
            }
        }
    }
}

/// <param name="Actions">What people did, oldest first.</param>
internal sealed record PackagedAlert(AlertView Alert, IReadOnlyList<AlertAction> Actions);

/// <summary>A person's decision on a reading.</summary>
/// <param name="Read">What the camera read; null for nothing.</param>
/// <param name="Plate">What the sighting counts as since; null for no plate.</param>
internal sealed record PackagedDecision(Guid SightingId, string Decision, string? Read, string? Plate, string? By, DateTimeOffset At);
