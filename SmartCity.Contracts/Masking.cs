namespace SmartCity.Contracts;

/// <summary>Plates are personal data: logs and traces show only the first four characters.</summary>
public static class Masking
{
    public static string Plate(string? plate) =>
        plate is null ? "?" : plate.Length <= 4 ? plate[..(plate.Length / 2)] + "***" : plate[..4] + "***";
}
