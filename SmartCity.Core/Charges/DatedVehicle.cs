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
    /// The facts of a day, and after them those that hold from a later day: what was not known on the day may be told by them.
    /// The discounts are always those of the day. Empty before the first record.
    /// </summary>
    public IEnumerable<ChargedVehicle> From(DateOnly day)
    {
        var ofDay = Records.Count - 1;
        while (ofDay >= 0 && Records[ofDay].From > day)
        {
            ofDay--;
        }

        if (ofDay < 0)
        {
            yield break;
        }

        string[] discounts = [.. Discounts.Where(d => d.From <= day && !(d.Last < day)).Select(d => d.Discount)];
        for (var i = ofDay; i < Records.Count; i++)
        {
            yield return Records[i].Facts with { Discounts = discounts };
        }
    }
}

/// <param name="From">First day on which they hold.</param>
public sealed record DatedFacts(DateOnly From, ChargedVehicle Facts);

/// <param name="Last">Last day on which it holds; null when no end is known.</param>
public sealed record DatedDiscount(string Discount, DateOnly From, DateOnly? Last);
