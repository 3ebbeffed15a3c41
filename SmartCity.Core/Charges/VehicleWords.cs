namespace SmartCity.Core.Charges;

/// <summary>The words that say what a vehicle is, wherever a vehicle is read: in the registry's files, the preview and the database.</summary>
public static class VehicleWords
{
    public static IReadOnlyList<string> Classes { get; } = ["car", "van", "minibus", "hgv", "coach", "motorcycle", "taxi", "phv"];

    public static IReadOnlyList<string> Fuels { get; } = ["petrol", "diesel", "electric", "hydrogen", "hybrid-petrol", "hybrid-diesel", "gas"];

    /// <summary>DVLA tax classes that a scheme exempts; agricultural stands for mowing and construction machines and mobile cranes too.</summary>
    public static IReadOnlyList<string> TaxClasses { get; } = ["historic", "disabled", "military", "agricultural", "ambulance", "fire-engine", "nhs", "bus", "recovery"];

    public static IReadOnlyList<string> Discounts { get; } = ["autopay", "resident", "blue-badge", "nine-seats", "recovery", "cvd", "wheelchair-booking"];
}
