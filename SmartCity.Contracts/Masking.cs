namespace SmartCity.Contracts;

/// <summary>Plates and names are personal data: logs and traces show only the first four characters of a plate.</summary>
public static class Masking
{
    public static string Plate(string? plate) =>
        plate is null ? "?" : plate.Length <= 4 ? plate[..(plate.Length / 2)] + "***" : plate[..4] + "***";

    /// <summary>The initials of a name, such as <c>P. W.</c></summary>
    public static string Keeper(string keeper) => string.Join(' ', keeper.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(w => w[..1] + "."));
}
