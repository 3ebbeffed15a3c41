using System.Text.RegularExpressions;
using OpenCvSharp;

namespace SmartCity.Recognition;

/// <summary>OpenCV's native library, which needs a few libraries of the system.</summary>
internal static partial class OpenCvLibrary
{
    /// <summary>Loads it, and gives its version.</summary>
    /// <exception cref="InvalidOperationException">It does not load; the message names the library that is missing.</exception>
    public static string Load()
    {
        try
        {
            return Cv2.GetVersionString() ?? "";
        }
        catch (TypeInitializationException e) when (e.InnerException is DllNotFoundException missing)
        {
            var names = Missing().Matches(missing.Message).Select(m => m.Groups[1].Value).Where(n => !n.Contains("OpenCvSharpExtern", StringComparison.Ordinal)).Distinct();
            throw new InvalidOperationException(
                $"OpenCV does not load: {string.Join(", ", names)} is missing. On Debian and Ubuntu install packages libgtk-3-0, libdrm2 and libatomic1.", e);
        }
    }

    [GeneratedRegex(@"(\S+): cannot open shared object file")]
    private static partial Regex Missing();
}
