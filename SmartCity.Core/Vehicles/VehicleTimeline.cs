using SmartCity.Contracts.Api;

namespace SmartCity.Core.Vehicles;

/// <summary>A vehicle's records and discounts over time, and how a change alters them. Pure.</summary>
internal sealed class VehicleTimeline(List<DatedRecord> records, List<DatedRegistration> discounts)
{
    private static readonly string[] Needed = ["class", "fuel"];

    /// <summary>By day, each until the next begins.</summary>
    public IReadOnlyList<DatedRecord> Records => records;

    public IReadOnlyList<DatedRegistration> Discounts => discounts;

    /// <summary>What it says now, which no change alters.</summary>
    public VehicleTimeline Copy() => new([.. records], [.. discounts]);

    /// <summary>The record that holds on a day; before the first begins, the first.</summary>
    public DatedRecord On(DateOnly day) => records.FindLast(r => r.From <= day) ?? records[0];

    /// <summary>Alters the timeline.</summary>
    /// <returns>What is wrong; null when nothing is. Whether anything changed.</returns>
    public (string? Error, bool Changed) Apply(VehicleChange change, DateOnly today, DateTimeOffset now)
    {
        var named = change.Named.Where(VehicleFacts.Names.Contains).ToList();
        if (records.Count == 0)
        {
            if (Needed.Where(n => !named.Contains(n, StringComparer.OrdinalIgnoreCase)).ToList() is { Count: > 0 } missing)
            {
                return ($"{string.Join(" and ", missing)} must be given, because the registry does not know {change.Facts.Plate} yet", false);
            }

            var since = change.From ?? change.Facts.FirstRegistered ?? DateOnly.MinValue;
            records.Add(new DatedRecord(since, change.Facts with { Discounts = [] }, change.Source, now));
            _ = change.Named.Contains(VehicleChange.Discounts) && Register(change, since, now);
            return (null, true);
        }

        var from = change.From ?? today;
        var before = records.ToArray();
        if (from < records[0].From && records[0].From > today && named.Count > 0)
        {
            // What begins on a later day says nothing of this one.
            if (!Needed.Except(named, StringComparer.OrdinalIgnoreCase).Any())
            {
                records.Insert(0, new DatedRecord(from, change.Facts with { Discounts = [] }, change.Source, now));
                _ = change.Named.Contains(VehicleChange.Discounts) && Register(change, from, now);
                return (null, true);
            }

            from = records[0].From;
        }

        var changed = named.Count > 0 && Patch(change, named, from, now);
        if (changed && named.Any(n => n is "grossKg" or "unladenKg") && records.Find(r => r.Facts.UnladenKg > r.Facts.GrossKg && !before.Contains(r)) is { Facts: var heavy })
        {
            records.Clear();
            records.AddRange(before);
            return (VehicleRow.Impossible(heavy.UnladenKg!.Value, heavy.GrossKg!.Value), false);
        }

        changed |= change.Named.Contains(VehicleChange.Discounts) && Register(change, from, now);
        return (null, changed);
    }

    // A fact that the change names is set from its day on, until the day on which a later record changed it to something else.
    private bool Patch(VehicleChange change, List<string> named, DateOnly from, DateTimeOffset now)
    {
        var index = records.FindLastIndex(r => r.From <= from);
        var changed = index < 0;
        if (changed)
        {
            records[0] = records[0] with { From = from };
            index = 0;
        }

        var before = records[index];
        if (before.From < from)
        {
            records.Insert(++index, before with { From = from });
        }

        foreach (var fact in named)
        {
            for (var i = index; i < records.Count && VehicleFacts.Agree(records[i].Facts, before.Facts, fact); i++)
            {
                if (!VehicleFacts.Agree(records[i].Facts, change.Facts, fact))
                {
                    records[i] = records[i] with { Facts = records[i].Facts.With(fact, change.Facts), Source = change.Source, RecordedAt = now };
                    changed = true;
                }
            }
        }

        for (var i = records.Count - 1; i > 0; i--)
        {
            if (records[i].Facts == records[i - 1].Facts)
            {
                records.RemoveAt(i);
            }
        }

        return changed;
    }

    // From its day on a vehicle has the discounts that the change names, and no others, until entries that begin later say otherwise. One that holds keeps its end.
    private bool Register(VehicleChange change, DateOnly from, DateTimeOffset now)
    {
        var wanted = change.Facts.Discounts.ToHashSet(StringComparer.Ordinal);
        var changed = discounts.RemoveAll(d => d.From == from && !wanted.Contains(d.Discount)) > 0;
        for (var i = 0; i < discounts.Count; i++)
        {
            if (discounts[i].From < from && discounts[i].Last >= from && !wanted.Contains(discounts[i].Discount))
            {
                discounts[i] = discounts[i] with { Last = from.AddDays(-1) };
                changed = true;
            }
        }

        foreach (var discount in wanted.Where(w => !discounts.Exists(d => d.Discount == w && d.From <= from && d.Last >= from)))
        {
            var later = discounts.Where(d => d.Discount == discount && d.From > from).Select(d => (DateOnly?)d.From).Min();
            changed |= AddDiscount(new DatedRegistration(discount, from, later?.AddDays(-1) ?? DateOnly.MaxValue, change.Source, now));
        }

        return changed;
    }

    /// <summary>Adds a discount for some days; joined with those of the same name that touch it.</summary>
    public bool AddDiscount(DatedRegistration added)
    {
        var same = discounts.FindAll(d => d.Discount == added.Discount && d.From <= Next(added.Last) && Next(d.Last) >= added.From);
        if (same.Exists(d => d.From <= added.From && d.Last >= added.Last))
        {
            return false;
        }

        discounts.RemoveAll(same.Contains);
        discounts.Add(added with { From = same.Select(d => d.From).Append(added.From).Min(), Last = same.Select(d => d.Last).Append(added.Last).Max() });
        return true;
    }

    private static DateOnly Next(DateOnly day) => day == DateOnly.MaxValue ? day : day.AddDays(1);
}

/// <param name="From">First day on which it holds; the smallest date for the beginning.</param>
internal sealed record DatedRecord(DateOnly From, VehicleView Facts, string? Source, DateTimeOffset RecordedAt);

/// <param name="From">First day.</param>
/// <param name="Last">Last day; the greatest date where no end is known.</param>
internal sealed record DatedRegistration(string Discount, DateOnly From, DateOnly Last, string? Source, DateTimeOffset RecordedAt);
