namespace SmartCity.Contracts;

/// <summary>What happens in a city: the attribute <c>type</c> of its CloudEvents.</summary>
public static class CityEvents
{
    /// <summary>An edge has read a vehicle; on the topic <see cref="Topics.Sightings"/> alone.</summary>
    public const string SightingMade = "sighting.made";

    /// <summary>The core has stored a sighting, or a later revision of one.</summary>
    public const string SightingStored = "sighting.stored";

    public const string AlertRaised = "alert.raised";
    public const string ChargeMade = "charge.made";

    /// <summary>A line of the ledger takes a charge back.</summary>
    public const string ChargeReversed = "charge.reversed";

    /// <summary>Another version of a model is the one that edges work with.</summary>
    public const string ModelReleased = "model.released";

    /// <summary>Those that functions can be told of.</summary>
    public static IReadOnlyList<string> All { get; } = [AlertRaised, ChargeMade, ChargeReversed, SightingStored, ModelReleased];
}
