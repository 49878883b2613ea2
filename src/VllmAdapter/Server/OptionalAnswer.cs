namespace VllmAdapter.Server;

/// <summary>An answer that a server may not give, and that what is asked of it can do without.</summary>
internal static class OptionalAnswer
{
    /// <summary>Null if the server lacks the route. A gateway may answer 403, or a page of its own, to what it does not pass on.</summary>
    public static Task<T?> IfOfferedAsync<T>(Task<T> question)
        where T : class => UnlessAsync(question, static failure =>
            failure.Failure is RequestFailure.RouteNotFound or RequestFailure.Forbidden or RequestFailure.UnexpectedContent);

    /// <summary>Null if something else is answered, whatever it is; that nobody is there is no answer.</summary>
    public static Task<T?> IfAnsweredAsync<T>(Task<T> question)
        where T : class => UnlessAsync(question, static failure => failure.StatusCode is not null);

    /// <summary>Null after any failure.</summary>
    public static Task<T?> IfGivenAsync<T>(Task<T> question)
        where T : class => UnlessAsync(question, static _ => true);

    private static async Task<T?> UnlessAsync<T>(Task<T> question, Func<VllmRequestException, bool> isNoAnswer)
        where T : class
    {
        try
        {
            return await question.ConfigureAwait(false);
        }
        catch (VllmRequestException failure) when (isNoAnswer(failure))
        {
            return null;
        }
    }
}
