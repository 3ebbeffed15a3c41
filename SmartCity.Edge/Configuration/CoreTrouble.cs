using Microsoft.Extensions.Logging;

namespace SmartCity.Edge.Configuration;

/// <summary>
/// What one worker logs while it gets nothing from the core. A core takes a while to start, so waiting for it is logged once, as information; a warning
/// follows when it takes longer than usual. Anything else is a warning at once. Nothing is logged twice in a row.
/// </summary>
internal sealed class CoreTrouble(CoreLink link, ILogger logger)
{
    private string? _warned;
    private bool _waits;

    /// <param name="what">What fails and what the edge does meanwhile, in full sentences.</param>
    public void Log(string what)
    {
        if (!link.MayBeStarting)
        {
            if (what != _warned)
            {
                logger.LogWarning("{Trouble}", what);
                _warned = what;
            }
        }
        else if (!_waits)
        {
            logger.LogInformation("The core does not answer; it may be starting. {Trouble}", what);
            _waits = true;
        }
    }

    /// <summary>The core gave what was asked for.</summary>
    public void IsOver(string what)
    {
        if (_warned is not null || _waits)
        {
            logger.LogInformation("{What}", what);
            (_warned, _waits) = (null, false);
        }
    }
}
