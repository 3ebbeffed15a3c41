using System.Text.Json;

namespace SmartCity.Bench;

/// <summary>What a bench has measured, for people or for programs.</summary>
internal static class Figures
{
    /// <param name="asJson">Whether they go to the standard output as JSON.</param>
    /// <param name="print">Shows them to people.</param>
    public static void Show<T>(bool asJson, T figures, Action print)
    {
        if (asJson)
        {
            Console.WriteLine(JsonSerializer.Serialize(figures, JsonSerializerOptions.Web));
        }
        else
        {
            print();
        }
    }
}
