using System.Text.Encodings.Web;
using System.Text.Json;

namespace SmartCity.AllInOne.Diagnosis;

/// <summary>One thing that was looked for.</summary>
/// <param name="Uses">What <c>run</c> does with it, as a sentence.</param>
/// <param name="Reason">Why, or what to do, as a sentence.</param>
/// <param name="Blocks">Without it <c>run</c> does not start.</param>
internal sealed record Finding(string Name, string Found, string Uses, string Reason, bool Blocks = false)
{
    public static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}
