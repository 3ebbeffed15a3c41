using SmartCity.Contracts.Api;

namespace SmartCity.Contracts.Demo;

/// <summary>
/// An invented vehicle registry, the same for everyone: vehicle <c>n</c> is worked out from <c>n</c> alone, without a table.
/// Makes, models and their shares are believable; keepers are invented.
/// </summary>
public static class DemoRegistry
{
    /// <summary>Vehicles in the registry. Numbers from here on make valid plates that the registry does not know.</summary>
    public const int Count = 100_000;

    private static readonly DateOnly FirstCurrentPlates = new(2001, 9, 1);

    /// <summary>Vehicles of interest of the demo, with the reason.</summary>
    public static IReadOnlyList<(int Index, string Reason, int Priority)> HotList { get; } =
    [
        (137, "Stolen from Camden, keys taken in a burglary", 1),
        (1009, "Stolen, plates may be cloned", 1),
        (4242, "Wanted in connection with a robbery", 1),
        (7070, "Driver disqualified", 3),
        (12012, "No insurance, second warning", 4),
        (23456, "Stolen from Croydon", 1),
        (31415, "Missing person", 1),
        (44444, "Fuel theft, three stations", 3),
        (57721, "Stolen plant on board", 2),
        (86420, "Wanted on warrant", 2),
    ];

    /// <summary>The vehicle with a number, 0 to <see cref="Count"/> − 1 for those that the registry knows.</summary>
    public static VehicleView Vehicle(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        var random = new DemoRandom((ulong)index * 0x9E3779B97F4A7C15UL + 0xC0FFEE);
        var model = DemoModels.Pick(ref random);
        var age = Math.Min(random.Next(0, 24 * 365), random.Next(0, 24 * 365));
        var registered = new DateOnly(2026, 10, 1).AddDays(-age);
        var historic = model.Class == "car" && random.Next(0, 400) == 0;
        if (historic)
        {
            registered = new DateOnly(1965, 1, 1).AddDays(random.Next(0, 18 * 365));
        }

        var fuel = Fuel(model, registered, ref random);
        return new VehicleView
        {
            Plate = DemoPlates.For(index, registered, FirstCurrentPlates),
            Make = model.Make,
            Model = model.Name,
            Colour = random.Of(Colours),
            Year = registered.Year,
            Class = model.Class,
            Fuel = fuel,
            Euro = Euro(model.Class, fuel, registered),
            FirstRegistered = registered,
            GrossKg = model.GrossKg,
            UnladenKg = model.UnladenKg,
            TaxClass = historic ? "historic" : random.Next(0, 60) == 0 && model.Class == "car" ? "disabled" : null,
            TypeApproval = model.Class switch { "car" or "taxi" or "phv" => "M1", "minibus" => "M2", "coach" => "M3", "van" => "N1", "hgv" => "N3", _ => "L3" },
            Keeper = model.Class is "car" or "motorcycle"
                ? $"{random.Of(GivenNames)} {random.Of(FamilyNames)}"
                : $"{random.Of(FamilyNames)} {random.Of(Trades)} Ltd",
            Discounts = Discounts(model.Class, fuel, ref random),
        };
    }

    private static string[] Discounts(string vehicleClass, string fuel, ref DemoRandom random)
    {
        var found = new List<string>(2);
        if (fuel is "electric" or "hydrogen" && random.Next(0, 3) > 0)
        {
            found.Add("cvd");
        }

        if (random.Next(0, 4) == 0)
        {
            found.Add("autopay");
        }

        if (vehicleClass == "car" && random.Next(0, 50) == 0)
        {
            found.Add("resident");
        }

        if (vehicleClass == "car" && random.Next(0, 60) == 0)
        {
            found.Add("blue-badge");
        }

        if (vehicleClass == "minibus" && random.Next(0, 2) == 0)
        {
            found.Add("nine-seats");
        }

        return [.. found];
    }

    private static string Fuel(DemoModel model, DateOnly registered, ref DemoRandom random)
    {
        if (model.Fuel is { } only)
        {
            return only;
        }

        var electric = registered.Year < 2012 ? 0 : Math.Min(30, (registered.Year - 2011) * 2);
        var roll = random.Next(0, 100);
        return roll < electric ? "electric"
            : roll < electric + (registered.Year > 2010 ? 12 : 0) ? "hybrid-petrol"
            : roll < 100 - (registered.Year is > 2004 and < 2019 ? 40 : 18) ? "petrol"
            : roll == 99 ? "gas" : "diesel";
    }

    /// <summary>The standard in force when the vehicle was new, which is what most registrations say.</summary>
    private static int? Euro(string vehicleClass, string fuel, DateOnly registered)
    {
        if (fuel is "electric" or "hydrogen")
        {
            return null;
        }

        ReadOnlySpan<(DateOnly From, int Euro)> standards = vehicleClass switch
        {
            "motorcycle" => [(new(2020, 1, 1), 5), (new(2016, 1, 1), 4), (new(2007, 7, 1), 3), (new(2003, 1, 1), 2)],
            "hgv" or "coach" => [(new(2014, 1, 1), 6), (new(2009, 10, 1), 5), (new(2006, 10, 1), 4), (new(2001, 10, 1), 3)],
            _ => [(new(2015, 9, 1), 6), (new(2011, 1, 1), 5), (new(2006, 1, 1), 4), (new(2001, 1, 1), 3)],
        };
        foreach (var (from, euro) in standards)
        {
            if (registered >= from)
            {
                return euro;
            }
        }

        return registered.Year < 1993 ? 0 : 2;
    }

    private static readonly string[] Colours =
        ["black", "black", "grey", "grey", "grey", "white", "white", "white", "silver", "silver", "blue", "blue", "blue", "red", "red", "green", "orange", "brown", "yellow"];

    private static readonly string[] GivenNames =
        ["Amara", "Oliver", "Zoya", "George", "Ines", "Harry", "Priya", "Noah", "Chloe", "Samir", "Ava", "Tomasz", "Grace", "Kwame", "Isla", "Mehmet", "Freya", "Luca", "Mina", "Jack", "Leila", "Owen", "Yara", "Callum"];

    private static readonly string[] FamilyNames =
        ["Adeyemi", "Ashdown", "Bakewell", "Chowdhury", "Dunmore", "Ellery", "Farrow", "Grabowski", "Hartnell", "Ibbotson", "Jessop", "Kirkbride", "Lovelock", "Marchetti", "Nightingale", "Okonkwo", "Penhaligon", "Quayle", "Rosewarne", "Sandhu", "Thackeray", "Underhill", "Vasquez", "Winterbourne", "Yardley", "Zielinski"];

    private static readonly string[] Trades =
        ["Plumbing", "Logistics", "Couriers", "Catering", "Electrical", "Scaffolding", "Flowers", "Coaches", "Removals", "Interiors", "Bakery", "Fleet Hire"];
}
