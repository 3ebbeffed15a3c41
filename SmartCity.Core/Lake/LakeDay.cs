namespace SmartCity.Core.Lake;

/// <summary>A UTC day as Iceberg's transform <c>day</c> has it: days since 1970-01-01.</summary>
internal static class LakeDay
{
    public static readonly DateOnly Epoch = new(1970, 1, 1);

    public static int Number(DateOnly day) => day.DayNumber - Epoch.DayNumber;

    public static DateOnly Of(int number) => Epoch.AddDays(number);
}
