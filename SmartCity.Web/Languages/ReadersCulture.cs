using System.Globalization;

namespace SmartCity.Web.Languages;

/// <summary>How somebody reads, for a thread that works for others too.</summary>
internal sealed class ReadersCulture
{
    private readonly CultureInfo _culture = CultureInfo.CurrentCulture;
    private readonly CultureInfo _language = CultureInfo.CurrentUICulture;

    /// <summary>From here on this thread speaks as the one did on which this was made.</summary>
    public void Speak() => (CultureInfo.CurrentCulture, CultureInfo.CurrentUICulture) = (_culture, _language);
}
