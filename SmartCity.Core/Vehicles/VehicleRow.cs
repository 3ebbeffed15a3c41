using System.Globalization;
using SmartCity.Contracts.Api;
using SmartCity.Core.Charges;

namespace SmartCity.Core.Vehicles;

/// <summary>A registry record from text fields, or what is wrong with it.</summary>
public static class VehicleRow
{
    private static readonly char[] Separators = [';', ' '];

    /// <param name="field">A field by the column's name, null when it is missing or empty.</param>
    public static (VehicleView? Vehicle, string? Error) Parse(Func<string, string?> field)
    {
        var errors = new List<string>();
        var plate = field("plate")?.Replace(" ", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal).ToUpperInvariant();
        if (plate is null || plate.Length > 12 || !plate.All(c => c is (>= 'A' and <= 'Z') or (>= '0' and <= '9')))
        {
            errors.Add("plate must be 1 to 12 letters A-Z and digits");
        }

        var vehicle = new VehicleView
        {
            Plate = plate ?? "",
            Make = Text("make"),
            Model = Text("model"),
            Colour = Text("colour"),
            Year = Number("year", 1885, 2200),
            Class = OneOf("class", VehicleWords.Classes, required: true),
            Fuel = OneOf("fuel", VehicleWords.Fuels, required: true),
            Euro = Number("euro", 0, 6),
            FirstRegistered = Day("firstRegistered"),
            GrossKg = Number("grossKg", 1, 200_000),
            UnladenKg = Number("unladenKg", 1, 200_000),
            TaxClass = OneOf("taxClass", VehicleWords.TaxClasses, required: false),
            TypeApproval = Text("typeApproval"),
            Keeper = Text("keeper"),
            Discounts = field("discounts")?.Split(Separators, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [],
        };
        errors.AddRange(vehicle.Discounts.Where(d => !VehicleWords.Discounts.Contains(d)).Select(d => $"discounts contains '{d}'; it may only contain {string.Join(", ", VehicleWords.Discounts)}"));
        return errors.Count == 0 ? (vehicle, null) : (null, string.Join("; ", errors) + ".");

        string? Text(string name)
        {
            var value = field(name);
            if (value is not null && (value.Length > 200 || value.Any(char.IsControl)))
            {
                errors.Add($"{name} is longer than 200 characters or has control characters");
            }

            return value;
        }

        int? Number(string name, int least, int most)
        {
            if (field(name) is not { } value)
            {
                return null;
            }

            if (int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most)
            {
                return number;
            }

            errors.Add($"{name} '{value}' is not a whole number from {least} to {most}");
            return null;
        }

        DateOnly? Day(string name)
        {
            if (field(name) is not { } value)
            {
                return null;
            }

            if (DateOnly.TryParseExact(value, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day))
            {
                return day;
            }

            errors.Add($"{name} '{value}' is not a date such as 2012-03-01");
            return null;
        }

        string? OneOf(string name, IReadOnlyList<string> values, bool required)
        {
            var value = field(name)?.ToLowerInvariant();
            if (value is null ? required : !values.Contains(value))
            {
                errors.Add($"{name} '{value}' is none of {string.Join(", ", values)}");
            }

            return value;
        }
    }
}
