namespace SmartCity.Core.Charges;

/// <summary>What is known of a vehicle over time. Pure.</summary>
/// <param name="Records">By day, each until the next begins; at least one.</param>
public sealed record DatedVehicle(IReadOnlyList<DatedFacts> Records, IReadOnlyList<DatedDiscount> Discounts)
{
    /// <summary>A vehicle of which the same is known for every day.</summary>
    public static DatedVehicle Always(ChargedVehicle vehicle) =>
        new([new DatedFacts(DateOnly.MinValue, vehicle)], [.. vehicle.Discounts.Select(d => new DatedDiscount(d, DateOnly.MinValue, null))]);

    /// <summary>First day on which anything is known of it.</summary>
    public DateOnly Since => Records[0].From;

    /// <summary>
    /// The facts and discounts of a day; null before the first record. What holds only from a later day says nothing of it: the plate may have moved to another
    /// vehicle. Who learns later what was so on the day records it from that day on.
    /// </summary>
    public ChargedVehicle? On(DateOnly day) => Records.LastOrDefault(r => r.From <= day) is { } record
        ? record.Facts with { Discounts = [.. Discounts.Where(d => d.From <= day && !(d.Last < day)).Select(d => d.Discount)] }
        : null;
}

/// <param name="From">First day on which they hold.</param>
public sealed record DatedFacts(DateOnly From, ChargedVehicle Facts);

/// <param name="Last">Last day on which it holds; null when no end is known.</param>
public sealed record DatedDiscount(string Discount, DateOnly From, DateOnly? Last);
