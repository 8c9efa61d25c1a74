-- For wrk: sixteen requests in one write.
function init()
    sixteen = string.rep(wrk.format("GET", "/hello"), 16)
end

function request()
    return sixteen
end
