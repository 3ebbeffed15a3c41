using SmartCity.Contracts.Cities;
using SmartCity.Core.Secrets;

namespace SmartCity.Core.Stations;

/// <summary>A camera's address in the database: it may hold a password, so it is sealed.</summary>
internal static class CameraSource
{
    public const string Purpose = "address of a camera";

    /// <summary>As a line of the city file is remembered: without the password, which only shows whether it is another one.</summary>
    public static string Remembered(string source, CoreSecret secrets) =>
        CameraAddress.Shown(source) is var shown && shown == source ? source : $"{shown} {secrets.Mark(source, Purpose)}";
}
